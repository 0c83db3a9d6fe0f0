package io.hawser.lb.daemon;

import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** What part of a pool's new connections each member got lately. Sampled by one thread, read by any. */
final class Shares {
    private static final int SAMPLES = 10;
    private static final long PERIOD_NANOS = 1_000_000_000L;

    private final Deque<Map<Member, Long>> samples = new ArrayDeque<>();
    private long sampledAt;
    private volatile Map<Member, Double> shares = Map.of();

    /** Takes a sample when the last one is a second old. */
    void sampleIfDue(Collection<Pool> pools, long now) {
        if (samples.isEmpty() || now - sampledAt >= PERIOD_NANOS) {
            sampledAt = now;
            sample(pools);
        }
    }

    private void sample(Collection<Pool> pools) {
        Map<Member, Long> now = new HashMap<>();
        pools.forEach(pool -> pool.members().all().forEach(member -> now.put(member, member.connections())));
        Map<Member, Long> oldest = samples.isEmpty() ? Map.of() : samples.getFirst();
        samples.addLast(now);
        if (samples.size() > SAMPLES) {
            samples.removeFirst();
        }
        Map<Member, Double> next = new HashMap<>();
        for (Pool pool : pools) {
            long sum = 0;
            for (Member member : pool.members().all()) {
                sum += now.getOrDefault(member, 0L) - oldest.getOrDefault(member, 0L);
            }
            for (Member member : pool.members().all()) {
                long own = now.getOrDefault(member, 0L) - oldest.getOrDefault(member, 0L);
                next.put(member, sum == 0 ? 0 : (double) own / sum);
            }
        }
        shares = Map.copyOf(next);
    }

    /** 0 to 1. */
    double of(Member member) {
        return shares.getOrDefault(member, 0.0);
    }
}
