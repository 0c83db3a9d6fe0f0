package io.hawser.lb.config;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reports values that are there twice. One thread. */
final class Unique<K> {
    private final Report report;
    private final Map<K, SourceLocation> first = new HashMap<>();

    Unique(Report report) {
        this.report = report;
    }

    /** The names of the sections. */
    static void names(Report report, List<Section> sections, Key<String> key) {
        Unique<String> names = new Unique<>(report);
        for (Section section : sections) {
            names.add(
                    section.find(key),
                    section.spot(key),
                    "the name " + Messages.quote(String.valueOf(section.find(key))));
        }
    }

    /**
     * Notes a value; null is none.
     *
     * @param shown what it is called in the message
     */
    void add(@Nullable K value, SourceLocation spot, String shown) {
        SourceLocation before = value == null ? null : first.putIfAbsent(value, spot);
        if (before != null) {
            report.problem(spot, shown + " is taken by " + before.path() + " at " + before.at() + ": write another");
        }
    }
}
