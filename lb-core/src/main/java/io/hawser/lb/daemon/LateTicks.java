package io.hawser.lb.daemon;

import java.time.Duration;

/** How late a thread woke up at worst lately. Written by that thread, read by any. */
final class LateTicks {
    /** How long a late tick is remembered; between this and twice as long. */
    static final Duration MEMORY = Duration.ofMinutes(5);

    /** The worst of a period and of the one before it. */
    private record Worst(long beganAt, long nanos, long before) {}

    private volatile Worst worst = new Worst(System.nanoTime(), 0, 0);

    /**
     * Takes a tick.
     *
     * @param now on the System.nanoTime() scale
     * @param lateNanos how much later than wanted it was
     */
    void ticked(long now, long lateNanos) {
        Worst known = at(now);
        if (known.beganAt != worst.beganAt || lateNanos > known.nanos) {
            worst = new Worst(known.beganAt, Math.max(known.nanos, lateNanos), known.before);
        }
    }

    /** The worst in the last {@link #MEMORY} at least; zero when none was late. */
    Duration worst(long now) {
        Worst known = at(now);
        return Duration.ofNanos(Math.max(known.nanos, known.before));
    }

    private Worst at(long now) {
        Worst known = worst;
        long periods = (now - known.beganAt) / MEMORY.toNanos();
        if (periods <= 0) {
            return known;
        }
        return new Worst(now, 0, periods == 1 ? known.nanos : 0);
    }
}
