package io.hawser.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** The ratios of processor time as a picture (SVG): a bar a work, HAProxy being 1. Stateless. */
final class Picture {
    private static final int LEFT = 460;
    private static final int RIGHT = 90;
    private static final int WIDTH = 990;
    private static final int ROW = 30;
    private static final int TOP = 64;
    private static final double MOST = 1.6;

    private static final List<Contender> REFERENCES =
            List.of(Contender.HAPROXY, Contender.HAPROXY_SPLICE, Contender.OTHER, Contender.OTHER_SPLICE);

    private record Bar(String words, double ratio, double bound) {}

    private Picture() {}

    static String svg(Results results, String setting) {
        List<Bar> bars = bars(results);
        int height = TOP + bars.size() * ROW + 40;
        StringBuilder svg = new StringBuilder();
        svg.append(String.format(Locale.ROOT, """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="processor time of hawser beside HAProxy" font-family="system-ui, sans-serif" font-size="13">
                <rect width="%d" height="%d" fill="#ffffff"/>
                <text x="16" y="24" font-size="16" font-weight="600" fill="#16202a">Processor time of the proxy for the same work: hawser beside HAProxy</text>
                <text x="16" y="44" fill="#53606c">%s</text>
                """, WIDTH, height, WIDTH, height, escape(setting)));
        for (int i = 0; i < bars.size(); i++) {
            svg.append(bar(bars.get(i), TOP + i * ROW));
        }
        double one = x(1);
        svg.append(String.format(Locale.ROOT, """
                <line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#16202a" stroke-width="1.5"/>
                <text x="%.1f" y="%d" text-anchor="middle" fill="#16202a">HAProxy = 1.00; a tick marks the bound; shorter is cheaper</text>
                </svg>
                """, one, TOP - 6, one, height - 34, one, height - 14));
        return svg.toString();
    }

    private static List<Bar> bars(Results results) {
        List<Bar> bars = new ArrayList<>();
        for (Work work : results.works()) {
            for (Contender reference : REFERENCES) {
                OptionalDouble ratio = results.ratio(work, Contender.HAWSER, reference, Sample::proxyMicros);
                if (work != Work.IDLE && work != Work.START && ratio.isPresent()) {
                    String beside = reference == Contender.HAPROXY ? "" : " (beside " + reference.words() + ")";
                    bars.add(new Bar(work.words() + beside, ratio.getAsDouble(), bound(work, reference)));
                }
            }
        }
        return bars;
    }

    private static double bound(Work work, Contender reference) {
        return Bound.ALL.stream()
                .filter(each ->
                        each.work() == work && each.reference() == reference && each.figure() == Bound.Figure.PROXY_CPU)
                .mapToDouble(Bound::most)
                .findFirst()
                .orElse(0);
    }

    private static String bar(Bar bar, int y) {
        boolean isMissed = bar.bound() > 0 && bar.ratio() > bar.bound();
        String tick = bar.bound() == 0
                ? ""
                : String.format(
                        Locale.ROOT,
                        "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#b3261e\" stroke-width=\"2\"/>%n",
                        x(bar.bound()),
                        y,
                        x(bar.bound()),
                        y + ROW - 8);
        return String.format(
                        Locale.ROOT,
                        """
                <text x="%d" y="%d" text-anchor="end" fill="#16202a">%s</text>
                <rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>
                <text x="%.1f" y="%d" fill="#16202a">%.2f</text>
                """,
                        LEFT - 8,
                        y + 16,
                        escape(bar.words()),
                        LEFT,
                        y + 3,
                        Math.max(1, x(bar.ratio()) - LEFT),
                        ROW - 14,
                        isMissed ? "#d97706" : "#0f766e",
                        x(bar.ratio()) + 6,
                        y + 16,
                        bar.ratio())
                + tick;
    }

    private static double x(double ratio) {
        return LEFT + Math.min(ratio, MOST) / MOST * (WIDTH - LEFT - RIGHT);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }
}
