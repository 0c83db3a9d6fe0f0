package io.hawser.lb.demo;

import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;

/** The part of the page that shows the masters and what the client sees. */
final class MasterTable {
    private static final Duration WINDOW = Duration.ofSeconds(2);
    private static final int BAR = 36;

    private MasterTable() {}

    static String render(List<String> masters, Predicate<String> isRunning, Probe probe) {
        long now = System.nanoTime();
        Observation recent = probe.observe(now - WINDOW.toNanos(), now);
        var served = probe.served();
        StringBuilder text = new StringBuilder(
                "  master             requests   share of the last %d s%n".formatted(WINDOW.toSeconds()));
        for (String master : masters) {
            int share = recent.shares().getOrDefault(master, 0);
            int percent = recent.served() == 0 ? 0 : Math.round(100f * share / recent.served());
            String state = isRunning.test(master) ? "runs" : Screen.RED + "dead" + Screen.PLAIN;
            text.append("  %-6s %s %14d   %3d %% %s%n"
                    .formatted(
                            master, state, served.getOrDefault(master, 0L), percent, "█".repeat(percent * BAR / 100)));
        }
        long total = served.values().stream().mapToLong(Long::longValue).sum();
        return text
                + "%n  client  %d requests a second, %d served, %s%d failed%s; longest wait of the last %d s: %d ms%n"
                        .formatted(
                                recent.served() / WINDOW.toSeconds(),
                                total,
                                recent.failed() > 0 ? Screen.RED : "",
                                probe.failed(),
                                Screen.PLAIN,
                                WINDOW.toSeconds(),
                                recent.outage().toMillis());
    }
}
