package io.hawser.lb.daemon;

import java.util.concurrent.TimeUnit;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A wake-up of the vrrp thread that was late, in a flight recording. One thread. */
@Name("hawser.LateTick")
@Label("Late VRRP Tick")
@Description("The vrrp thread woke up later than it had asked for")
@Category("hawser")
@StackTrace(false)
final class LateTickEvent extends Event {
    /** What is less is no news. */
    static final long LEAST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    @Label("Late")
    @Timespan(Timespan.NANOSECONDS)
    long late;

    /** Writes down a tick that was too late, if somebody records. */
    static void record(long lateNanos) {
        if (lateNanos > LEAST_NANOS) {
            var event = new LateTickEvent();
            event.late = lateNanos;
            event.commit();
        }
    }
}
