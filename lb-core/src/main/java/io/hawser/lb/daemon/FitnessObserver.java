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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Looks at the parts of this node and says what there is to see, without judging. Any thread. */
final class FitnessObserver {
    private final Parts parts;
    private final Supplier<List<LoopFact>> threads;
    private final Supplier<List<Peers.View>> peers;

    /**
     * @param threads those that serving depends on
     * @param peers what is known of the other nodes
     */
    FitnessObserver(Parts parts, Supplier<List<LoopFact>> threads, Supplier<List<Peers.View>> peers) {
        this.parts = parts;
        this.threads = threads;
        this.peers = peers;
    }

    /** What counts for fitness, and what there is of it now. Looks again when a reload began or ended meanwhile. */
    FitnessMonitor.Observed look() {
        while (true) {
            int before = parts.turns();
            FitnessMonitor.Observed seen = lookOnce();
            if (parts.turns() == before) {
                return seen;
            }
        }
    }

    private FitnessMonitor.Observed lookOnce() {
        ActiveConfiguration running = parts.running();
        long now = System.nanoTime();
        int answering =
                (int) peers.get().stream().filter(peer -> peer.answered(now)).count();
        Set<String> down = running.everything().interfaces().stream()
                .filter(name -> !Interfaces.isUp(name))
                .collect(Collectors.toSet());
        Facts facts = new Facts(
                parts.isDrained(),
                listeners(running),
                pools(running, now),
                threads.get(),
                down,
                running.config().peers().size(),
                answering,
                parts.dataPath().notAccepting());
        return new FitnessMonitor.Observed(facts, running.everything(), running.tracked());
    }

    private List<ListenerFact> listeners(ActiveConfiguration running) {
        DataPath dataPath = parts.dataPath();
        ActiveConfiguration becoming = parts.becoming();
        List<ListenerFact> listeners = new ArrayList<>();
        for (Listener listener : running.config().listeners()) {
            // A listener that refuses closes its port only when none of its pools can take anything. One that a reload
            // takes away is not missed.
            boolean bound = dataPath.isBound(listener.name())
                    || isGoing(listener, becoming)
                    || listener.pools().stream()
                            .noneMatch(pool -> running.pool(pool).isUsable());
            listeners.add(new ListenerFact(listener.name(), bound, listener.pools()));
        }
        return listeners;
    }

    private static boolean isGoing(Listener listener, @Nullable ActiveConfiguration next) {
        return next != null
                && next.config().listeners().stream()
                        .noneMatch(each -> each.name().equals(listener.name()));
    }

    private List<PoolFact> pools(ActiveConfiguration running, long now) {
        Map<Target, MemberHealth> health = parts.checks().snapshot();
        List<PoolFact> pools = new ArrayList<>();
        for (Pool pool : running.pools().values()) {
            // An address must not move because members have come that nobody has looked at yet.
            Members members = pool.members();
            boolean served = members.isTrusted(now);
            boolean answered = false;
            for (Member member : members.all()) {
                served |= member.health() == Member.Health.UP && !member.isDrained();
                MemberHealth known = ConfigMapper.known(health, member);
                // Nobody was asked where there is no address to ask at.
                answered |= !member.address().isUnresolved()
                        && (known == null || known.last() == null || HttpAnswers.isAnswer(known.last()));
            }
            pools.add(new PoolFact(pool.name(), served, answered));
        }
        return pools;
    }
}
