package io.hawser.lb.proxy;

import io.hawser.lb.balance.Balancer;
import io.hawser.lb.balance.ExcludedMembers;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Members;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import java.util.IdentityHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Chooses members for the connections of one loop, with a balancer of its own for each pool, and knows what second attempts
 * may be spent and who is better left alone. Event loop.
 */
final class MemberSelector {
    /** The balancer of a pool, and the settings that it was made for. */
    private record PoolBalancer(PoolSettings settings, Balancer balancer) {}

    private record Hedging(HedgeBudget budget, HedgeCounts counts) {}

    private final int index;
    private final LongSupplier clock;
    private final HedgeCounts.ByPool hedgeCounts;
    private final IdentityHashMap<Pool, PoolBalancer> balancers = new IdentityHashMap<>();
    private final IdentityHashMap<Pool, Hedging> hedgings = new IdentityHashMap<>();
    private final Outliers outliers = new Outliers();

    /**
     * Has chosen nobody yet.
     *
     * @param index the loop's
     * @param clock monotonic time in nanoseconds, which may be 0.1 s old
     * @param hedgeCounts where second attempts are counted
     */
    MemberSelector(int index, LongSupplier clock, HedgeCounts.ByPool hedgeCounts) {
        this.index = index;
        this.clock = clock;
        this.hedgeCounts = hedgeCounts;
    }

    /**
     * Chooses a member for a connection and takes a place there, to be given back with {@link Member#released()}.
     *
     * @param tried members not to choose
     * @param key what the connection belongs to, of the kind that {@link PoolSettings#keyedBy()} says; 0 for nothing
     * @return null when no member has room that was not tried
     */
    @Nullable
    Member choose(Pool pool, ExcludedMembers tried, long key) {
        Members members = pool.members();
        Balancer balancer = balancer(pool);
        long now = clock.getAsLong();
        Member member;
        do {
            member = balancer.pick(members, tried, key, now);
            if (member == null) {
                member = members.reserve(tried, now);
            }
            // Another loop may have taken the last place since the choice; then the member counts as full.
        } while (member != null && !member.tryAcquire());
        return member;
    }

    /** This loop's balancer for a pool; its state goes on as long as the pool keeps its way of balancing. */
    private Balancer balancer(Pool pool) {
        PoolSettings wanted = pool.settings();
        PoolBalancer known = balancers.get(pool);
        if (known == null || !known.settings().isBalancedLike(wanted)) {
            known = new PoolBalancer(wanted, wanted.balancer(index));
            balancers.put(pool, known);
        }
        return known.balancer();
    }

    /** What may be spent on second attempts for a pool. */
    HedgeBudget budget(Pool pool) {
        return hedging(pool).budget();
    }

    /** Where second attempts for a pool are counted. */
    HedgeCounts hedges(Pool pool) {
        return hedging(pool).counts();
    }

    private Hedging hedging(Pool pool) {
        Hedging known = hedgings.get(pool);
        if (known == null) {
            known = new Hedging(new HedgeBudget(clock.getAsLong()), hedgeCounts.of(pool.name()));
            hedgings.put(pool, known);
        }
        return known;
    }

    /** Members that are better left alone for a moment. */
    Outliers outliers() {
        return outliers;
    }

    /** Forgets what it knows about a pool that is no longer used. */
    void forget(Pool pool) {
        balancers.remove(pool);
        hedgings.remove(pool);
        pool.members().all().forEach(outliers::clear);
    }
}
