package io.hawser.vrrp;

import java.util.function.LongSupplier;

/** Finds out that the machine was suspended, which {@link System#nanoTime} does not count. One thread. */
final class SleepWatch {

    /*
     * Two clocks that differ by what was slept cannot be read at one moment: this thread may be kept waiting between the two.
     * So one is read before and after the other, which gives bounds of the difference, and only what goes beyond each upper
     * bound before was slept.
     */

    private static final long LEAST_NANOS = 1_000_000L;

    private final LongSupplier awake;
    private final LongSupplier boot;
    private long atMost;

    /**
     * Begins to watch.
     *
     * @param awake nanoseconds that stand still while the machine is suspended
     * @param boot nanoseconds that go on
     */
    SleepWatch(LongSupplier awake, LongSupplier boot) {
        this.awake = awake;
        this.boot = boot;
        long before = awake.getAsLong();
        this.atMost = boot.getAsLong() - before;
    }

    /** For how many nanoseconds the machine has slept since this was asked last; 0 when it did not. */
    long slept() {
        long before = awake.getAsLong();
        long now = boot.getAsLong();
        long after = awake.getAsLong();
        long slept = now - after - atMost;
        if (slept >= LEAST_NANOS) {
            atMost = now - before;
            return slept;
        }
        if (now - before - atMost < 0) {
            atMost = now - before;
        }
        return 0;
    }
}
