package io.hawser.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** The results as a page: what was measured, on what, and what is within its bound. Stateless. */
final class Report {
    private Report() {}

    /** The whole page, in Markdown that also reads well in a terminal. */
    static String page(Results results, String setting) {
        List<String> lines = new ArrayList<>();
        lines.add("# hawser beside HAProxy");
        lines.add("");
        lines.add(setting);
        for (Work work : results.works()) {
            lines.add("");
            lines.add("## " + work.words());
            lines.add("");
            lines.add(String.format(
                    Locale.ROOT,
                    "| %-16s | %10s | %10s | %10s | %8s | %8s | %8s | %7s | %7s |",
                    "per " + work.unit(),
                    work == Work.IDLE || work == Work.START ? "seconds" : "a second",
                    "proxy us",
                    "system us",
                    "p50 us",
                    "p99 us",
                    "p99.9 us",
                    "MiB",
                    "ratio"));
            lines.add("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
            results.contenders(work).forEach(contender -> lines.add(row(results, work, contender)));
            failures(results, work).forEach(lines::add);
        }
        lines.add("");
        lines.add("## Bounds");
        lines.add("");
        lines.add("| work | what | beside | measured | at most | |");
        lines.add("|---|---|---|---:|---:|---|");
        Bound.ALL.forEach(bound -> verdict(results, bound).ifPresent(lines::add));
        lines.add("");
        return String.join("\n", lines);
    }

    private static String row(Results results, Work work, Contender contender) {
        boolean isOnce = work == Work.IDLE || work == Work.START;
        OptionalDouble ratio = results.ratio(work, contender, Contender.HAPROXY, Sample::proxyMicros);
        return String.format(
                Locale.ROOT,
                "| %-16s | %10s | %10s | %10s | %8s | %8s | %8s | %7s | %7s |",
                contender.words(),
                number(results.median(work, contender, isOnce ? Sample::seconds : Sample::rate)),
                number(results.median(work, contender, Sample::proxyMicros)),
                number(results.median(work, contender, Sample::systemMicros)),
                number(results.median(work, contender, each -> each.latency().p50())),
                number(results.median(work, contender, each -> each.latency().p99())),
                number(results.median(work, contender, each -> each.latency().p999())),
                number(results.median(work, contender, each -> each.pssKib() / 1024.0)),
                contender == Contender.DIRECT || isOnce || ratio.isEmpty() ? "" : two(ratio.getAsDouble()));
    }

    private static List<String> failures(Results results, Work work) {
        List<String> lines = new ArrayList<>();
        for (Contender contender : results.contenders(work)) {
            List<String> failed = results.samples(work, contender).stream()
                    .map(Sample::failures)
                    .filter(each -> !each.isEmpty())
                    .toList();
            if (!failed.isEmpty()) {
                lines.add("");
                lines.add(contender.words() + ": " + String.join("; ", failed));
            }
        }
        return lines;
    }

    private static java.util.Optional<String> verdict(Results results, Bound bound) {
        OptionalDouble measured = results.measured(bound);
        if (measured.isEmpty()) {
            return java.util.Optional.empty();
        }
        return java.util.Optional.of(String.format(
                Locale.ROOT,
                "| %s | %s | %s | %s | %s | %s |",
                bound.work().label(),
                bound.figure().words(),
                bound.reference() == Contender.DIRECT ? "" : bound.reference().words(),
                two(measured.getAsDouble()),
                two(bound.most()),
                measured.getAsDouble() <= bound.most() ? "within" : "**missed**"));
    }

    /** The bounds that were missed, in words. */
    static List<String> missed(Results results) {
        return Bound.ALL.stream()
                .filter(bound -> results.measured(bound).orElse(0) > bound.most())
                .map(bound -> bound.work().label() + ": " + bound.figure().words()
                        + (bound.reference() == Contender.DIRECT
                                ? ""
                                : " beside " + bound.reference().words()) + " "
                        + two(results.measured(bound).orElseThrow()) + ", at most " + two(bound.most()))
                .toList();
    }

    private static String two(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    private static String number(OptionalDouble value) {
        if (value.isEmpty() || value.getAsDouble() == 0) {
            return "";
        }
        double plain = value.getAsDouble();
        return plain >= 1000 ? String.format(Locale.ROOT, "%,.0f", plain) : String.format(Locale.ROOT, "%.1f", plain);
    }
}
