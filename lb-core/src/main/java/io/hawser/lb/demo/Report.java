package io.hawser.lb.demo;

import java.time.Duration;
import java.util.Collection;
import java.util.Locale;

/** The table of what each fault cost, each figure next to its bound. Immutable. */
public final class Report {
    private static final String FORMAT = "%-28s%-5s%9s%9s%8s%12s%9s%10s%8s";

    private Report() {}

    /** The lines above the rows. */
    public static String head() {
        return FORMAT.formatted("", "", "outage", "at most", "failed", "two owners", "at most", "restored:", "failed")
                + "\n"
                + FORMAT.formatted("what breaks", "on", "ms", "ms", "", "ms", "ms", "gap, ms", "");
    }

    /** One row; a figure over its bound is followed by an exclamation mark. */
    public static String row(FaultRun.Result result) {
        Fault fault = result.fault();
        String outage = millis(result.during().outage()) + mark(result.isOutageWithin());
        if (!result.isServedAgain()) {
            outage = "for ever!";
        }
        return FORMAT.formatted(
                fault.label(),
                fault == Fault.MASTER_KILLED ? Fault.VICTIM : result.node(),
                outage,
                millis(fault.outageBound()),
                result.during().failed(),
                millis(result.together()) + mark(result.isTogetherWithin()),
                fault.isTogetherBounded() ? millis(fault.togetherBound()) : "-",
                millis(result.back().outage()) + mark(result.isBackWithin() && result.isWholeAgain()),
                result.back().failed());
    }

    /** What is to be said below the rows, or nothing when every bound was kept. */
    public static String notes(Collection<FaultRun.Result> results) {
        StringBuilder notes = new StringBuilder();
        for (FaultRun.Result result : results) {
            if (!result.during().failures().isEmpty() && !result.isOutageWithin()) {
                notes.append("%s: failed requests: %s%n"
                        .formatted(result.fault().label(), result.during().failures()));
            }
            if (!result.isWholeAgain()) {
                notes.append("%s: not every node and master was in service again within 20 s after it was restored%n"
                        .formatted(result.fault().label()));
            }
        }
        long over = results.stream().filter(r -> !r.isWithin()).count();
        return notes
                + (over == 0
                        ? "every figure is within its bound\n"
                        : "! over its bound: %d of %d rows%n".formatted(over, results.size()));
    }

    private static String millis(Duration duration) {
        return String.format(Locale.ROOT, "%d", (duration.toNanos() + 500_000) / 1_000_000);
    }

    private static String mark(boolean within) {
        return within ? "" : "!";
    }
}
