package io.hawser.lb.daemon;

import io.hawser.healthcheck.MemberHealth;
import io.hawser.healthcheck.Target;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Members;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.config.Listener;
import io.hawser.lb.daemon.FitnessRules.Facts;
import io.hawser.lb.daemon.FitnessRules.ListenerFact;
import io.hawser.lb.daemon.FitnessRules.LoopFact;
import io.hawser.lb.daemon.FitnessRules.PoolFact;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Looks at this node and says what there is to see, without judging. Any thread. */
final class FitnessObserver {
    private final CurrentConfiguration current;
    private final DataPath dataPath;
    private final Supplier<MemberChecks> checks;
    private final BooleanSupplier isDrained;
    private final Supplier<List<LoopFact>> threads;
    private final Supplier<List<Peers.View>> peers;

    /**
     * @param isDrained whether an operator has taken the node out
     * @param threads those that serving depends on
     * @param peers what is known of the other nodes
     */
    FitnessObserver(
            CurrentConfiguration current,
            DataPath dataPath,
            Supplier<MemberChecks> checks,
            BooleanSupplier isDrained,
            Supplier<List<LoopFact>> threads,
            Supplier<List<Peers.View>> peers) {
        this.current = current;
        this.dataPath = dataPath;
        this.checks = checks;
        this.isDrained = isDrained;
        this.threads = threads;
        this.peers = peers;
    }

    /** What counts for fitness, and what there is of it now. Looks again when a reload began or ended meanwhile. */
    FitnessMonitor.Observed look() {
        while (true) {
            int before = current.turns();
            FitnessMonitor.Observed seen = lookOnce();
            if (current.turns() == before) {
                return seen;
            }
        }
    }

    private FitnessMonitor.Observed lookOnce() {
        ActiveConfiguration active = current.active();
        long now = System.nanoTime();
        int answering =
                (int) peers.get().stream().filter(peer -> peer.answered(now)).count();
        Map<Tracker, String> failing = new HashMap<>();
        active.everything().trackers().forEach(each -> each.problem().ifPresent(why -> failing.put(each, why)));
        Facts facts = new Facts(
                isDrained.getAsBoolean(),
                listeners(active),
                pools(active, now),
                threads.get(),
                failing,
                active.config().peers().size(),
                answering,
                dataPath.notAccepting());
        return new FitnessMonitor.Observed(facts, active.everything(), active.tracked());
    }

    private List<ListenerFact> listeners(ActiveConfiguration active) {
        ActiveConfiguration next = current.next();
        List<ListenerFact> listeners = new ArrayList<>();
        for (Listener listener : active.config().listeners()) {
            // A listener that refuses closes its port only when none of its pools can take anything. One that a reload
            // takes away is not missed.
            boolean bound = dataPath.isBound(listener.name())
                    || isGoing(listener, next)
                    || listener.pools().stream()
                            .noneMatch(pool -> active.pool(pool).isUsable());
            listeners.add(new ListenerFact(listener.name(), bound, listener.pools()));
        }
        return listeners;
    }

    private static boolean isGoing(Listener listener, @Nullable ActiveConfiguration next) {
        return next != null
                && next.config().listeners().stream()
                        .noneMatch(each -> each.name().equals(listener.name()));
    }

    private List<PoolFact> pools(ActiveConfiguration active, long now) {
        Map<Target, MemberHealth> health = checks.get().snapshot();
        List<PoolFact> pools = new ArrayList<>();
        for (Pool pool : active.pools().values()) {
            // An address must not move because members have come that nobody has looked at yet.
            Members members = pool.members();
            boolean served = members.isTrusted(now);
            boolean answered = false;
            for (Member member : members.all()) {
                served |= member.health() == Member.Health.UP && !member.isDrained();
                MemberHealth known = ConfigMapper.known(health, member);
                // Nobody was asked where there is no address to ask at.
                answered |= !member.address().isUnresolved()
                        && (known == null || known.last() == null || Reachability.isAnswer(known.last()));
            }
            pools.add(new PoolFact(pool.name(), served, answered));
        }
        return pools;
    }
}
