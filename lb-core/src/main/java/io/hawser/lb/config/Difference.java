package io.hawser.lb.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Tells in words in what two configurations differ: what was added and removed, and which keys have changed, as the table of keys
 * calls them. It names no values, for one may be a secret. Pure; any thread.
 */
public final class Difference {
    private final List<String> words = new ArrayList<>();

    private Difference() {}

    /** One line for each thing that differs; empty when nothing does. */
    public static List<String> of(Config before, Config after) {
        var difference = new Difference();
        difference.named("node ", before.nodes(), after.nodes(), Node::name, Difference::ofNodes);
        difference.named(
                "virtual router ",
                before.virtualRouters(),
                after.virtualRouters(),
                VirtualRouter::name,
                Difference::ofRouters);
        difference.named("listener ", before.listeners(), after.listeners(), Listener::name, Difference::ofListeners);
        difference.named("pool ", before.pools(), after.pools(), Pool::name, Difference::ofPools);
        difference.members(before.pools(), after.pools());
        difference.changed("admin", keys(Admin.class, "admin", before.admin(), after.admin()));
        difference.changed("kernel", keys(Kernel.class, "kernel", before.kernel(), after.kernel()));
        difference.changed("limits", keys(Limits.class, "limits", before.limits(), after.limits()));
        if (difference.words.isEmpty() && !before.equals(after)) {
            difference.words.add("the order of things");
        }
        return List.copyOf(difference.words);
    }

    private static Stream<String> ofNodes(Node before, Node after) {
        return keys(Node.class, "nodes[]", before, after);
    }

    private static Stream<String> ofRouters(VirtualRouter before, VirtualRouter after) {
        return keys(VirtualRouter.class, "virtual-routers[]", before, after);
    }

    private static Stream<String> ofListeners(Listener before, Listener after) {
        return keys(Listener.class, "listeners[]", before, after);
    }

    private static Stream<String> ofPools(Pool before, Pool after) {
        return Stream.concat(
                keys(Pool.class, "pools[]", before, after),
                keys(Health.class, "pools[]", before.health(), after.health()));
    }

    private static Stream<String> ofMembers(Member before, Member after) {
        return keys(Member.class, "pools[].members[]", before, after);
    }

    /** The keys in which two records differ, as they are called within {@code section}. */
    private static <R> Stream<String> keys(Class<R> record, String section, R before, R after) {
        return Keys.all().stream()
                .filter(key -> key.differs(record, before, after))
                .map(key -> key.path().substring(section.length() + 1));
    }

    private void members(List<Pool> before, List<Pool> after) {
        for (Pool next : after) {
            before.stream()
                    .filter(known -> known.name().equals(next.name()))
                    .forEach(known -> named(
                            "member " + next.name() + "/",
                            known.members(),
                            next.members(),
                            Member::name,
                            Difference::ofMembers));
        }
    }

    private interface Comparison<R> {
        Stream<String> keys(R before, R after);
    }

    private <R> void named(
            String prefix, List<R> before, List<R> after, Function<R, String> name, Comparison<R> comparison) {
        Map<String, R> old = new LinkedHashMap<>();
        before.forEach(each -> old.put(name.apply(each), each));
        for (R next : after) {
            String subject = prefix + name.apply(next);
            R known = old.remove(name.apply(next));
            if (known == null) {
                words.add(subject + " added");
            } else {
                changed(subject, comparison.keys(known, next));
            }
        }
        old.keySet().forEach(gone -> words.add(prefix + gone + " removed"));
    }

    private void changed(String subject, Stream<String> keys) {
        List<String> names = keys.toList();
        if (!names.isEmpty()) {
            words.add(subject + ": " + String.join(", ", names));
        }
    }
}
