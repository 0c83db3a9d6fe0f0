package io.hawser.lb.admin;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** A histogram of durations. Any thread may record; recording does not allocate once warm and never waits. */
public final class Latency {
    /** Upper bounds of bins in seconds, for how late timers of the vrrp thread run. */
    private static final double[] LATE = {0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1};

    /** For what takes a round trip or several. */
    static final double[] NETWORK = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};

    private final double[] bounds;
    private final long[] boundsNanos;
    private final AtomicLongArray counts;
    private final LongAdder sumNanos = new LongAdder();

    /**
     * An empty histogram.
     *
     * @param seconds upper bounds of the buckets, rising; one without bound is added
     */
    Latency(double[] seconds) {
        bounds = new double[seconds.length + 1];
        boundsNanos = new long[seconds.length];
        for (int i = 0; i < seconds.length; i++) {
            bounds[i] = seconds[i];
            boundsNanos[i] = Math.round(seconds[i] * 1e9);
        }
        bounds[seconds.length] = Double.POSITIVE_INFINITY;
        counts = new AtomicLongArray(bounds.length);
    }

    /** An empty histogram of how late timers run: 0.1 ms to 1 s. */
    public static Latency ofTimers() {
        return new Latency(LATE);
    }

    /** Adds one duration in nanoseconds; a negative one counts as 0. */
    public void record(long nanos) {
        int bucket = 0;
        while (bucket < boundsNanos.length && nanos > boundsNanos[bucket]) {
            bucket++;
        }
        counts.incrementAndGet(bucket);
        sumNanos.add(Math.max(0, nanos));
    }

    MetricFamilies.Bins bins() {
        long[] now = new long[bounds.length];
        for (int i = 0; i < now.length; i++) {
            now[i] = counts.get(i);
        }
        return new MetricFamilies.Bins(bounds, now, sumNanos.sum() / 1e9);
    }
}
