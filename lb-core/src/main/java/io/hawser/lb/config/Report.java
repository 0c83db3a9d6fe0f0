package io.hawser.lb.config;

import io.hawser.lb.config.Finding.NotYet;
import io.hawser.lb.config.Finding.Problem;
import io.hawser.lb.config.Finding.Warning;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Collects what there is to say about one file. One thread. */
final class Report {
    private static final Comparator<Finding> IN_FILE_ORDER = (a, b) ->
            a.line() == b.line() ? Integer.compare(a.column(), b.column()) : Integer.compare(a.line(), b.line());

    private static final int LONGEST = 1000;

    private final SourceText source;
    private final Found<Problem> problems = new Found<>("problems");
    private final Found<Warning> warnings = new Found<>("warnings");
    private final Found<NotYet> waits = new Found<>("things to wait for");
    private boolean areNeeded;

    Report(SourceText source) {
        this.source = source;
    }

    void problem(SourceLocation spot, String message) {
        problem(spot, () -> message);
    }

    /** Asks for the message only as long as there is room for it: for what costs more than a few words to say. */
    void problem(SourceLocation spot, Supplier<String> message) {
        problems.add(
                spot,
                () -> new Problem(
                        source.file(),
                        spot.at().line(),
                        spot.at().column(),
                        spot.path(),
                        clear(cut(message.get())),
                        source.excerpt(spot.at())));
    }

    void warning(SourceLocation spot, String message) {
        warnings.add(
                spot,
                () -> new Warning(
                        source.file(),
                        spot.at().line(),
                        spot.at().column(),
                        spot.path(),
                        cut(message),
                        source.excerpt(spot.at())));
    }

    /** Says what is not there now; {@code isNeeded}: nothing can be done by the file before. */
    void notYet(SourceLocation spot, boolean isNeeded, Supplier<String> message) {
        areNeeded |= isNeeded;
        waits.add(
                spot,
                () -> new NotYet(
                        source.file(),
                        spot.at().line(),
                        spot.at().column(),
                        spot.path(),
                        clear(cut(message.get())),
                        source.excerpt(spot.at()),
                        isNeeded));
    }

    // Messages quote what is in the file, some of it as it stands there.
    private static String cut(String message) {
        return message.length() <= LONGEST
                ? message
                : message.substring(0, message.offsetByCodePoints(0, LONGEST / 2)) + "...";
    }

    // What the writer cannot see is said: a quoted value looks right with any blank in it.
    private static String clear(String message) {
        Lookalike strange = Lookalike.in(message);
        return strange != null
                ? message + "; it has " + strange
                : message.contains("{{") && !message.contains(Tree.PLACEHOLDER)
                        ? message + "; " + Tree.PLACEHOLDER
                        : message;
    }

    /** The line of the file that the place is in. */
    String line(Position at) {
        return source.line(at.line());
    }

    boolean isClean() {
        return problems.kept.isEmpty();
    }

    /** Whether nothing more will be said about problems than how many there are. */
    boolean isFull() {
        return problems.isFull();
    }

    /**
     * The problems in file order; one that an alias repeats at the same key is there once. When there are more than {@link
     * Finding#MOST}, those that were found first, and a last one that says so.
     */
    List<Problem> problems() {
        return problems.inOrder((at, message) -> new Problem(source.file(), at.line(), at.column(), "", message, ""));
    }

    /** The warnings in file order, as many as problems at most. */
    List<Warning> warnings() {
        return warnings.inOrder((at, message) -> new Warning(source.file(), at.line(), at.column(), "", message, ""));
    }

    /** What is not there yet, in file order, as much as problems at most. */
    List<NotYet> waits() {
        return waits.inOrder(
                (at, message) -> new NotYet(source.file(), at.line(), at.column(), "", message, "", areNeeded));
    }

    /** Findings of one kind: the first ones themselves, then their number. */
    private static final class Found<F extends Finding> {
        private final String kind;
        private final List<F> kept = new ArrayList<>();
        private int more;
        private Position next = Position.START;

        Found(String kind) {
            this.kind = kind;
        }

        boolean isFull() {
            return kept.size() >= Finding.MOST;
        }

        void add(SourceLocation spot, Supplier<F> finding) {
            if (!isFull()) {
                kept.add(finding.get());
                return;
            }
            next = more == 0 ? spot.at() : next;
            more++;
        }

        List<F> inOrder(BiFunction<Position, String, F> last) {
            Stream<F> sorted = kept.stream().distinct().sorted(IN_FILE_ORDER);
            Stream<F> rest = more == 0
                    ? Stream.of()
                    : Stream.of(last.apply(next, "and " + more + " more " + kind + ": look again without those above"));
            return Stream.concat(sorted, rest).toList();
        }
    }
}
