package io.hawser.vrrp.election;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The state of one virtual router, RFC 9568 section 6.4. Immutable; all times on one node's monotonic scale. */
public sealed interface State {

    /** What the router knows in every state. */
    Situation situation();

    /** The same state, knowing this. */
    State with(Situation known);

    /** The public name of this state. */
    RouterState name();

    /**
     * What the router knows in every state.
     *
     * @param fitness own fitness
     * @param reason why, in words
     * @param primary the address that advertisements leave from; null while the interface is unusable
     * @param started whether the router has already listened once, so that no start delay is due
     * @param evidence what is known about the peers from outside VRRP
     * @param alarmed when each kind of alarm about evidence was last raised
     * @param answeredAt when another machine last answered for the addresses on the link; null for never
     */
    record Situation(
            Fitness fitness,
            String reason,
            @Nullable InetAddress primary,
            boolean started,
            KnownEvidence evidence,
            Map<AlarmKind, Long> alarmed,
            @Nullable Long answeredAt) {

        /** Alarms about evidence are repeated no more often than this. */
        private static final long ALARM_GAP_NANOS = 60_000_000_000L;

        /** Copies the alarms. */
        public Situation {
            // Only asked by kind: the order, which differs from process to process, decides nothing.
            alarmed = Map.copyOf(alarmed);
        }

        Situation withFitness(Fitness newFitness, String newReason) {
            return new Situation(newFitness, newReason, primary, started, evidence, alarmed, answeredAt);
        }

        Situation withPrimary(@Nullable InetAddress newPrimary) {
            return new Situation(fitness, reason, newPrimary, started, evidence, alarmed, answeredAt);
        }

        Situation withStarted() {
            return new Situation(fitness, reason, primary, true, evidence, alarmed, answeredAt);
        }

        /** Takes evidence, unless something newer is known. */
        Situation withEvidence(Evidence told) {
            return evidence.isNews(told)
                    ? new Situation(fitness, reason, primary, started, evidence.with(told), alarmed, answeredAt)
                    : this;
        }

        /** What was told before says nothing of now. */
        Situation withoutEvidence() {
            return new Situation(fitness, reason, primary, started, KnownEvidence.NONE, alarmed, null);
        }

        Situation withAlarm(AlarmKind kind, long at) {
            Map<AlarmKind, Long> later = new HashMap<>(alarmed);
            later.put(kind, at);
            return new Situation(fitness, reason, primary, started, evidence, later, answeredAt);
        }

        /** Whether an alarm of this kind is due, as none was raised for a while. */
        boolean isAlarmDue(AlarmKind kind, long now) {
            Long before = alarmed.get(kind);
            return before == null || now - before >= ALARM_GAP_NANOS;
        }

        /** Whether a node that advertises {@code priority} from {@code address} would win against this one. */
        boolean isBeatenBy(int priority, InetAddress address, Election election) {
            int own = election.effectivePriority(fitness);
            return priority > own || (priority == own && primary != null && Addresses.isHigher(address, primary));
        }

        Situation withAnswer(@Nullable Long at) {
            return new Situation(fitness, reason, primary, started, evidence, alarmed, at);
        }
    }

    /**
     * The last advertisement of a node.
     *
     * @param source its sender
     * @param priority 1 to 255; who resigned is followed no longer
     * @param since when its first one in a row was heard
     * @param at when this one was heard
     */
    record Sender(InetAddress source, int priority, long since, long at) {}

    /**
     * A peer that says it is active too, while nobody else answers for the addresses.
     *
     * @param peer its node address
     * @param asked how often the link was asked since it began to say so; at least 1
     */
    record Doubt(InetAddress peer, int asked) {}

    /**
     * What a backup waits for. The length follows from fitness and parameters at any moment, see
     * {@link VrrpEngine#deadline}.
     */
    sealed interface Wait {
        /** The active node is expected to advertise: the down interval. */
        record Down() implements Wait {}

        /** The first wait after the start: the start delay; the down interval follows. */
        record Start() implements Wait {}

        /**
         * The addresses are to be had: the skew time lets better nodes go first.
         *
         * @param cause why they are, and why this node has them after it
         */
        record Skew(Cause cause) implements Wait {}

        /** This node resigned; it returns when nobody took the addresses within two intervals. */
        record Return() implements Wait {}

        /**
         * The active node's process died: half an interval for each better node, and two intervals and the skew more since
         * its last advertisement where a firewall may only make it look so.
         *
         * @param rank how many better nodes there are
         * @param isCertain whether its kernel said so, and not perhaps a firewall
         */
        record HeadStart(int rank, boolean isCertain) implements Wait {}

        /**
         * The group belongs elsewhere: a down interval more; for its first router less, so that of two nodes that gave up
         * for each other one returns first.
         *
         * @param first whether this is that router
         */
        record Elsewhere(boolean first) implements Wait {}

        /**
         * A peer that is not heard says that it is active: the link was asked who has the addresses.
         *
         * @param asked how often, with nobody answering so far
         */
        record Answer(int asked) implements Wait {}

        /** The timer fired but should not be trusted alone: two more intervals and the skew. */
        record Recheck() implements Wait {}
    }

    /**
     * Not taking part.
     *
     * @param situation what is known
     * @param cause why
     */
    record Initialize(Situation situation, Cause cause) implements State {
        @Override
        public State with(Situation known) {
            return new Initialize(known, cause);
        }

        @Override
        public RouterState name() {
            return RouterState.INITIALIZE;
        }
    }

    /**
     * Watching the active node.
     *
     * @param situation what is known
     * @param armedAt when the current wait began
     * @param pending what is waited for
     * @param intervalNanos the active node's advertisement interval, as learned; more than 0
     * @param active who advertised last and was respected; null when nobody did
     * @param lower who advertised last with a lower priority; null when nobody did since a respected advertisement
     * @param rechecks how often a late timer was given another chance since an advertisement was respected
     */
    record Backup(
            Situation situation,
            long armedAt,
            Wait pending,
            long intervalNanos,
            @Nullable Sender active,
            @Nullable Sender lower,
            int rechecks)
            implements State {
        @Override
        public Backup with(Situation known) {
            return new Backup(known, armedAt, pending, intervalNanos, active, lower, rechecks);
        }

        Backup waiting(Wait next, long now) {
            return new Backup(situation, now, next, intervalNanos, active, lower, rechecks);
        }

        Backup checkedAgain(long now) {
            return new Backup(situation, now, new Wait.Recheck(), intervalNanos, active, lower, rechecks + 1);
        }

        Backup hearing(@Nullable Sender newActive, @Nullable Sender newLower) {
            return new Backup(situation, armedAt, pending, intervalNanos, newActive, newLower, rechecks);
        }

        Backup learning(long newIntervalNanos) {
            return new Backup(situation, armedAt, pending, newIntervalNanos, active, lower, 0);
        }

        @Override
        public RouterState name() {
            return RouterState.BACKUP;
        }
    }

    /**
     * Holding the addresses.
     *
     * @param situation what is known
     * @param since when the router became active
     * @param sentAt when it last advertised
     * @param advertAt when it advertises next
     * @param announcedAt when a burst of announcements was last asked for
     * @param quietSince since when nobody had been heard when it became active
     * @param alone whether another router of the group then followed a better node
     * @param doubt who says out of band that it is active and better, as far as nobody has answered; null for nobody
     */
    record Active(
            Situation situation,
            long since,
            long sentAt,
            long advertAt,
            long announcedAt,
            long quietSince,
            boolean alone,
            @Nullable Doubt doubt)
            implements State {
        @Override
        public Active with(Situation known) {
            return new Active(known, since, sentAt, advertAt, announcedAt, quietSince, alone, doubt);
        }

        Active sent(long now, long next) {
            return new Active(situation, since, now, next, announcedAt, quietSince, alone, doubt);
        }

        Active doubting(@Nullable Doubt next) {
            return new Active(situation, since, sentAt, advertAt, announcedAt, quietSince, alone, next);
        }

        Active announced(long now) {
            return new Active(situation, since, sentAt, advertAt, now, quietSince, alone, doubt);
        }

        @Override
        public RouterState name() {
            return RouterState.ACTIVE;
        }
    }
}
