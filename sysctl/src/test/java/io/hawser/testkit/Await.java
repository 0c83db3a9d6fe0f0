package io.hawser.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for a state that another thread or process brings about. */
public final class Await {
    /** For how long a broken test may wait; no bound of anything. */
    public static final Duration LIMIT = Duration.ofMinutes(3);

    private static final long PAUSE_NANOS = 1_000_000;

    private Await() {}

    /** Returns when it is so, and fails when it is not within {@link #LIMIT}. */
    public static void until(BooleanSupplier condition) {
        until("what is waited for", condition);
    }

    /** The same, and says what it was. */
    public static void until(String what, BooleanSupplier condition) {
        long endAt = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - endAt >= 0) {
                throw new AssertionError("not within " + LIMIT.toSeconds() + " s: " + what);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }
}
