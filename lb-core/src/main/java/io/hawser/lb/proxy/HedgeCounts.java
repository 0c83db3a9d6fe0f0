package io.hawser.lb.proxy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How often second attempts were made for a pool, and what came of them. Any thread. */
final class HedgeCounts {
    /** Second attempts made while a first was under way. */
    final LongAdder hedged = new LongAdder();

    /** Those of them that sent the client's hello again. */
    final LongAdder replayed = new LongAdder();

    /** Those of them that were the quicker one. */
    final LongAdder won = new LongAdder();

    /** Connections for which the budget did not allow one, at first. */
    final LongAdder denied = new LongAdder();

    /** The counts of all pools. */
    static final class ByPool {
        private final Map<String, HedgeCounts> byPool = new ConcurrentHashMap<>();

        HedgeCounts of(String pool) {
            return byPool.computeIfAbsent(pool, _ -> new HedgeCounts());
        }

        List<ProxyStats.HedgeStats> stats() {
            List<ProxyStats.HedgeStats> all = new ArrayList<>();
            byPool.forEach((pool, counts) -> all.add(new ProxyStats.HedgeStats(
                    pool, counts.hedged.sum(), counts.replayed.sum(), counts.won.sum(), counts.denied.sum())));
            return all;
        }
    }
}
