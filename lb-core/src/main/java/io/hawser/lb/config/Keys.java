package io.hawser.lb.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The table of keys: the one place that knows their names, ranges, meaning and constant defaults, and where a configuration that is
 * read keeps what each came to. Its rows stand in a class for each section of the file. Where a row says {@code derived}, its words
 * tell people the default, and {@link ParsedConfig} or {@link Assembly} computes it. Stateless.
 */
final class Keys {
    /*
     * A row is read by SectionReader, which needs nothing else to refuse what is wrong with a single value, is compared by
     * Difference, and is printed in docs/configuration.md.
     */
    private static final List<Key<?>> ALL = Stream.of(
                    NodeKeys.all(),
                    RouterKeys.all(),
                    ListenerKeys.all(),
                    PoolKeys.all(),
                    HealthKeys.all(),
                    ProcessKeys.all())
            .<Key<?>>flatMap(List::stream)
            .toList();

    private static final Map<String, List<Key<?>>> BY_PARENT = byParent();

    private Keys() {}

    private static Map<String, List<Key<?>>> byParent() {
        Map<String, List<Key<?>>> byParent = new LinkedHashMap<>();
        for (Key<?> key : ALL) {
            byParent.computeIfAbsent(key.parent(), parent -> new ArrayList<>()).add(key);
        }
        return byParent;
    }

    /** Every key, in the order of the reference page. */
    static List<Key<?>> all() {
        return ALL;
    }

    /** The keys of the section with that path; empty path: the file. */
    static List<Key<?>> of(String section) {
        return BY_PARENT.getOrDefault(section, List.of());
    }
}
