package io.hawser.lb.proxy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How long connecting to the members of each pool took, in buckets. Any thread. */
final class ConnectTimes {
    private static final double[] BOUNDS_SECONDS = {
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5
    };
    private static final double NANOS_PER_SECOND = 1e9;

    private static final class Times {
        final LongAdder[] buckets = new LongAdder[BOUNDS_SECONDS.length + 1];
        final LongAdder nanos = new LongAdder();

        Times() {
            for (int i = 0; i < buckets.length; i++) {
                buckets[i] = new LongAdder();
            }
        }
    }

    private final Map<String, Times> byPool = new ConcurrentHashMap<>();

    void add(String pool, long nanos) {
        Times times = byPool.get(pool);
        if (times == null) {
            times = byPool.computeIfAbsent(pool, _ -> new Times());
        }
        times.buckets[bucketOf(nanos / NANOS_PER_SECOND)].increment();
        times.nanos.add(nanos);
    }

    private static int bucketOf(double seconds) {
        int bucket = 0;
        while (bucket < BOUNDS_SECONDS.length && seconds > BOUNDS_SECONDS[bucket]) {
            bucket++;
        }
        return bucket;
    }

    List<ProxyStats.ConnectStats> stats() {
        List<ProxyStats.ConnectStats> all = new ArrayList<>();
        byPool.forEach((pool, times) -> all.add(statsOf(pool, times)));
        return all;
    }

    /** Those of one name, also when there are none. */
    ProxyStats.ConnectStats statsOf(String pool) {
        Times times = byPool.get(pool);
        return statsOf(pool, times == null ? new Times() : times);
    }

    private static ProxyStats.ConnectStats statsOf(String pool, Times times) {
        List<ProxyStats.Bucket> buckets = new ArrayList<>();
        long count = 0;
        for (int i = 0; i < BOUNDS_SECONDS.length; i++) {
            count += times.buckets[i].sum();
            buckets.add(new ProxyStats.Bucket(BOUNDS_SECONDS[i], count));
        }
        count += times.buckets[BOUNDS_SECONDS.length].sum();
        return new ProxyStats.ConnectStats(pool, buckets, count, times.nanos.sum() / NANOS_PER_SECOND);
    }
}
