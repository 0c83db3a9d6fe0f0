package io.hawser.lb.proxy;

import java.util.concurrent.TimeUnit;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A heart-beat of an io loop that was late, in a flight recording: something kept the loop busy. One thread. */
@Name("hawser.LoopLag")
@Label("IO Loop Lag")
@Description("The heart-beat of an io loop was late, because something kept the loop busy or it got no processor")
@Category("hawser")
@StackTrace(false)
final class LoopLagEvent extends Event {
    /** What is less is no news. */
    static final long LEAST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    @Label("Loop")
    int loop;

    @Label("Late")
    @Timespan(Timespan.NANOSECONDS)
    long late;

    /** Writes down a heart-beat that was too late, if somebody records. */
    static void record(int loop, long lateNanos) {
        if (lateNanos > LEAST_NANOS) {
            var event = new LoopLagEvent();
            event.loop = loop;
            event.late = lateNanos;
            event.commit();
        }
    }
}
