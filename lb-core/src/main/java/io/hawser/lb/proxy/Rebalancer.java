package io.hawser.lb.proxy;

import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.balance.Rebalance;
import io.hawser.lb.balance.Rebalance.Relief;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Once a second, has the loops close what {@link Rebalance} plans for the pools that want it. A connection is closed with
 * FIN, after a moment in which nothing went over it. Control thread.
 */
final class Rebalancer {
    private static final Logger log = LoggerFactory.getLogger(Rebalancer.class);

    private final List<IoLoop> loops;
    private final LongSupplier clock;
    private int turn;

    Rebalancer(List<IoLoop> loops, LongSupplier clock) {
        this.loops = loops;
        this.clock = clock;
    }

    /** Does what is due this second. */
    void rebalance(Collection<Pool> pools) {
        for (Pool pool : pools) {
            PoolSettings settings = pool.settings();
            // A client whose key decides comes back to where it was.
            int most = settings.keyedBy() == Affinity.NONE
                    ? settings.distribution().rebalancePerSecond()
                    : 0;
            for (Relief relief : Rebalance.plan(pool.members(), most, clock.getAsLong())) {
                relieve(relief.member(), relief.connections());
            }
        }
    }

    /** Has one loop close its part; says how many are left to the others. */
    private static CompletionStage<Integer> relieve(IoLoop loop, Member member, int rest, int others) {
        return rest == 0
                ? CompletableFuture.completedFuture(0)
                : loop.relieve(member, Math.ceilDiv(rest, others)).thenApply(closed -> rest - closed);
    }

    /** Asks one loop after the other, beginning with another each time, for what is left to be closed. */
    private void relieve(Member member, int connections) {
        int first = turn++ % loops.size();
        CompletableFuture<Integer> left = CompletableFuture.completedFuture(connections);
        for (int i = 0; i < loops.size(); i++) {
            IoLoop loop = loops.get((first + i) % loops.size());
            int others = loops.size() - i;
            left = left.thenComposeAsync(rest -> relieve(loop, member, rest, others), loop.executor());
        }
        var _ = left.whenComplete((rest, failure) -> {
            if (failure != null && !(failure.getCause() instanceof RejectedExecutionException)) {
                log.atError().setCause(failure).log("rebalancing failed");
            } else if (failure == null) {
                log.atDebug()
                        .addKeyValue("member", member)
                        .addKeyValue("closed", connections - rest)
                        .log("rebalancing closed connections of a member");
            }
        });
    }
}
