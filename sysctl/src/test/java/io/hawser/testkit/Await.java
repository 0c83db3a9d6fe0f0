package io.hawser.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Assertions;

/** Waits for a state that another thread brings about. */
public final class Await {
    /** For how long a broken test may wait; no bound of anything. */
    public static final Duration LIMIT = Duration.ofSeconds(20);

    private Await() {}

    /** Returns when it is so, and fails when it is not within {@link #LIMIT}. */
    public static void until(BooleanSupplier condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end >= 0) {
                Assertions.fail("did not happen within " + LIMIT);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }
}
