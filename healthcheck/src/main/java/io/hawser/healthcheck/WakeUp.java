package io.hawser.healthcheck;

import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The one moment at which a schedule wants to hear that time has passed. Health loop only. */
final class WakeUp {
    private final HealthLoop loop;
    private final Runnable task;
    private @Nullable Future<?> timer;
    private long timerAt = CheckSchedule.NEVER;

    /** @param task run at the moment that was set last */
    WakeUp(HealthLoop loop, Runnable task) {
        this.loop = loop;
        this.task = task;
    }

    /** Sets the moment, on the scale of System.nanoTime(), in place of the one before; {@link CheckSchedule#NEVER} for none. */
    void at(long at) {
        if (at == timerAt && timer != null) {
            return;
        }
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
        timerAt = at;
        if (at != CheckSchedule.NEVER) {
            timer = loop.eventLoop().schedule(this::wake, Math.max(0, at - System.nanoTime()), TimeUnit.NANOSECONDS);
        }
    }

    private void wake() {
        timer = null;
        task.run();
    }
}
