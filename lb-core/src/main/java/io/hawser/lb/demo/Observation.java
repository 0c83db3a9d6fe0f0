package io.hawser.lb.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the client saw during a stretch of time. Immutable.
 *
 * @param outage the longest time between two served requests, or from the last served request to the end of the stretch
 * @param served requests answered with status 200
 * @param failures requests not answered within a second, refused or cut, by reason
 * @param lateStarts when those of them began that did so more than 100 ms after the stretch, counted from its start
 * @param shares served requests by master
 */
public record Observation(
        Duration outage,
        int served,
        Map<String, Integer> failures,
        List<Duration> lateStarts,
        Map<String, Integer> shares) {
    private static final long LATE_NANOS = Duration.ofMillis(100).toNanos();

    /** How many of the failures began more than 100 ms after the stretch did. */
    public int lateFailures() {
        return lateStarts.size();
    }

    /** All failures together. */
    public int failed() {
        return failures.values().stream().mapToInt(Integer::intValue).sum();
    }

    /**
     * Sums up the attempts that ended from {@code fromAt} to {@code toAt}.
     *
     * @param attempts in the order in which they ended; may reach beyond the stretch on both sides
     */
    static Observation of(List<Attempt> attempts, long fromAt, long toAt) {
        Map<String, Integer> failures = new TreeMap<>();
        Map<String, Integer> shares = new TreeMap<>();
        long lastServedAt = fromAt;
        long longest = 0;
        int served = 0;
        List<Duration> late = new ArrayList<>();
        for (Attempt attempt : attempts) {
            if (attempt.endAt() - toAt > 0) {
                break;
            }
            boolean within = attempt.endAt() - fromAt >= 0;
            if (attempt.served()) {
                if (within) {
                    longest = Math.max(longest, attempt.endAt() - lastServedAt);
                    served++;
                    shares.merge(attempt.detail(), 1, Integer::sum);
                }
                lastServedAt = attempt.endAt();
            } else if (within) {
                failures.merge(attempt.detail(), 1, Integer::sum);
                if (attempt.startAt() - fromAt > LATE_NANOS) {
                    late.add(Duration.ofNanos(attempt.startAt() - fromAt));
                }
            }
        }
        longest = Math.max(longest, toAt - lastServedAt);
        return new Observation(
                Duration.ofNanos(longest), served, Map.copyOf(failures), List.copyOf(late), Map.copyOf(shares));
    }
}
