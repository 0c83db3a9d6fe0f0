package io.hawser.healthcheck;

import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A time limit in running time: the time during which the loop stood still does not count. Health loop only. */
final class Deadline {
    // After a stall the loop gets at least this long to read what has arrived meanwhile.
    private static final long LEAST_WAIT_NANOS = 2_000_000;

    private final HealthLoop loop;
    private @Nullable Future<?> timer;

    Deadline(HealthLoop loop) {
        this.loop = loop;
    }

    /** Runs the task once the limit has passed, unless it is cancelled or set again before. */
    void set(long limitNanos, Runnable task) {
        cancel();
        await(loop.running(), limitNanos, limitNanos, task);
    }

    void cancel() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void await(long from, long limitNanos, long leftNanos, Runnable task) {
        timer = loop.eventLoop()
                .schedule(
                        () -> {
                            long left = limitNanos - (loop.running() - from);
                            if (left > 0) {
                                await(from, limitNanos, Math.max(left, LEAST_WAIT_NANOS), task);
                            } else {
                                timer = null;
                                task.run();
                            }
                        },
                        leftNanos,
                        TimeUnit.NANOSECONDS);
    }
}
