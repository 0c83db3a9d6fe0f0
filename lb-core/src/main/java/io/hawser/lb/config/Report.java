package io.hawser.lb.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what there is to say about one file. One thread. */
final class Report {
    private static final Comparator<Finding> IN_FILE_ORDER = (a, b) ->
            a.line() == b.line() ? Integer.compare(a.column(), b.column()) : Integer.compare(a.line(), b.line());

    private final SourceText source;
    private final List<Problem> problems = new ArrayList<>();
    private final List<Warning> warnings = new ArrayList<>();

    Report(SourceText source) {
        this.source = source;
    }

    void problem(Spot spot, String message) {
        Position at = spot.at();
        problems.add(new Problem(source.file(), at.line(), at.column(), spot.path(), message, source.shown(at.line())));
    }

    void warning(Spot spot, String message) {
        Position at = spot.at();
        warnings.add(new Warning(source.file(), at.line(), at.column(), spot.path(), message, source.shown(at.line())));
    }

    /** The line of the file that the place is in. */
    String line(Position at) {
        return source.line(at.line());
    }

    boolean isClean() {
        return problems.isEmpty();
    }

    /** The problems in file order; one that an alias repeats at the same key is there once. */
    List<Problem> problems() {
        return problems.stream().distinct().sorted(IN_FILE_ORDER).toList();
    }

    /** The warnings in file order. */
    List<Warning> warnings() {
        return warnings.stream().distinct().sorted(IN_FILE_ORDER).toList();
    }
}
