package io.hawser.lb.daemon;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.proxy.NotAccepting;
import io.hawser.vrrp.election.Fitness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides from what a node observes of itself whether it can serve. Pure; any thread. */
final class FitnessRules {
    /** Why a drained node is not fit, in words. */
    private static final String DRAINED = "drained by operator";

    /*
     * UNFIT and ISOLATED differ in what to do with an address that nobody else takes. A node whose members all refuse is
     * unfit: the network works, so it keeps the address rather than leave it to nobody. A node that gets no answer from
     * anything, neither from a member (not even a refusal) nor from another node, is most likely cut off; holding the
     * address then serves nobody, and makes a second owner of it when the network comes back.
     */

    /** Event loops that have not run for this long do not serve; far above what a collection costs. */
    static final Duration IO_STALL = Duration.ofSeconds(2);

    /** A vrrp thread that has not come round for this long holds no address: no lease was renewed, no advert sent. */
    static final Duration VRRP_STALL = Duration.ofSeconds(1);

    /** A node that has accepted nobody for this long, because it lacks something, does not serve. */
    static final Duration NOT_ACCEPTING = Duration.ofSeconds(2);

    /** Checks that have not run for this long say nothing any more; until then what they found last still holds. */
    static final Duration HEALTH_STALL = Duration.ofSeconds(10);

    /** Without the steward nobody notices that this node cannot serve. It looks at what is in memory only. */
    static final Duration STEWARD_STALL = Duration.ofSeconds(10);

    /** Whoever asks whether this node lives does so on this thread, or is the service manager. */
    static final Duration ADMIN_STALL = Duration.ofSeconds(10);

    /** Reads of files and the names of members have deadlines of their own, but there may be many of them in one turn. */
    static final Duration FILES_STALL = Duration.ofMinutes(10);

    private FitnessRules() {}

    /**
     * A listener.
     *
     * @param bound whether it accepts, or would but for its pools
     * @param pools where its connections go, by its routes and without one
     */
    record ListenerFact(String name, boolean bound, List<String> pools) {
        ListenerFact {
            pools = List.copyOf(pools);
        }
    }

    /**
     * A pool.
     *
     * @param served whether a member is known to be up
     * @param answered whether any member answered its last check, if only with a refusal, or was not checked yet
     */
    record PoolFact(String name, boolean served, boolean answered) {}

    /**
     * A thread that serving depends on.
     *
     * @param stalled for how long it has not run
     * @param most for how long it may not: what it does can wait that long
     */
    record LoopFact(String name, Duration stalled, Duration most) {
        boolean isStalled() {
            return stalled.compareTo(most) >= 0;
        }
    }

    /**
     * What has to work.
     *
     * @param listeners names of listeners that must be bound and have a member up in each of their pools
     * @param trackers what else must work
     */
    record Tracked(Set<String> listeners, Set<Tracker> trackers) {
        Tracked {
            listeners = Set.copyOf(listeners);
            trackers = Set.copyOf(trackers);
        }
    }

    /**
     * What is observed at one moment.
     *
     * @param drained whether an operator has taken the node out
     * @param failing trackers of what does not work, and why
     * @param peers how many other nodes there are
     * @param answeringPeers how many of them gave any answer lately, if only a refusal
     * @param notAccepting why and for how long no connections have been accepted; null while they are
     */
    record Facts(
            boolean drained,
            List<ListenerFact> listeners,
            List<PoolFact> pools,
            List<LoopFact> loops,
            Map<Tracker, String> failing,
            int peers,
            int answeringPeers,
            @Nullable NotAccepting notAccepting) {
        Facts {
            listeners = List.copyOf(listeners);
            pools = List.copyOf(pools);
            loops = List.copyOf(loops);
            failing = Map.copyOf(failing);
        }

        /** The same of a node that accepts connections. */
        Facts(
                boolean drained,
                List<ListenerFact> listeners,
                List<PoolFact> pools,
                List<LoopFact> loops,
                Map<Tracker, String> failing,
                int peers,
                int answeringPeers) {
            this(drained, listeners, pools, loops, failing, peers, answeringPeers, null);
        }
    }

    /**
     * The verdict.
     *
     * @param reasons why not fit, in words; empty when fit
     */
    record Verdict(Fitness fitness, List<String> reasons) {
        Verdict {
            requireNonNull(fitness, "fitness");
            reasons = List.copyOf(reasons);
        }

        boolean isFit() {
            return fitness == Fitness.FIT;
        }

        String text() {
            return isFit() ? "can serve" : String.join("; ", reasons);
        }
    }

    /** The verdict on what {@code tracked} needs. */
    static Verdict judge(Facts facts, Tracked tracked) {
        List<String> reasons = new ArrayList<>();
        if (facts.drained()) {
            reasons.add(DRAINED);
        }
        for (LoopFact loop : facts.loops()) {
            if (loop.isStalled()) {
                reasons.add("thread " + loop.name() + " does not run");
            }
        }
        NotAccepting refusing = facts.notAccepting();
        if (refusing != null
                && refusing.lasting().compareTo(NOT_ACCEPTING) >= 0
                && !tracked.listeners().isEmpty()) {
            reasons.add("no connections are accepted: " + refusing.why().text());
        }
        facts.failing().entrySet().stream()
                .filter(failing -> tracked.trackers().contains(failing.getKey()))
                .map(Map.Entry::getValue)
                .sorted()
                .forEach(reasons::add);
        Set<String> needed = new LinkedHashSet<>();
        for (ListenerFact listener : facts.listeners()) {
            if (tracked.listeners().contains(listener.name())) {
                needed.addAll(listener.pools());
                if (!listener.bound()) {
                    reasons.add("listener " + listener.name() + " is not bound");
                }
            }
        }
        boolean anyAnswer = false;
        boolean anyServed = false;
        for (PoolFact pool : facts.pools()) {
            if (needed.contains(pool.name())) {
                anyAnswer |= pool.answered();
                anyServed |= pool.served();
                if (!pool.served()) {
                    reasons.add("pool " + pool.name() + " has no member up");
                }
            }
        }
        if (reasons.isEmpty()) {
            return new Verdict(Fitness.FIT, List.of());
        }
        boolean cutOff =
                !needed.isEmpty() && !anyAnswer && !anyServed && facts.peers() > 0 && facts.answeringPeers() == 0;
        if (cutOff) {
            reasons.add("no member and no other node answers at all");
        }
        return new Verdict(cutOff ? Fitness.ISOLATED : Fitness.UNFIT, reasons);
    }
}
