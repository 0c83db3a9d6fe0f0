package io.hawser.vrrp.election;

import io.hawser.vrrp.election.State.Active;
import io.hawser.vrrp.election.State.Backup;
import io.hawser.vrrp.election.State.Initialize;
import io.hawser.vrrp.election.State.Sender;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Routers of one node that move together: above the engine, which knows one router only. No I/O and no clock; one thread.
 */
public class Group {

    /*
     * The members' states say what has to happen, so there is next to nothing to remember:
     *
     * Fitness. A member is as fit as the least fit of them, and unfit while another one's interface cannot be used. So
     * what makes one member resign makes all of them resign, by the rank that single routers have too, and where no node
     * is whole the rest of the group is still served.
     *
     * Leaving. A member that stops being active for any other reason (a higher priority, a stall) takes the others along.
     *
     * Where two nodes are of the same priority, the order of their addresses may differ from router to router, and each
     * may give up for the other; then the node that won the first router returns first.
     *
     * Joining. When one is active, the others follow at once, without waiting for their own timers, unless they hear
     * better: a member that follows a better node which has advertised since the active member's wait began shows that
     * the group is elsewhere, and then the active one gives up.
     *
     * Holding. A member whose timer fires while another follows an active node waits one down interval more: three advertisements lost, or one router's packets filtered, are no reason to move the
     * group, nor to split it. After that it takes its own addresses alone, with an alarm: on two nodes is bad, on none is
     * worse. This is what happens with a peer that does not know the group. The others then
     * wait for their own timers, or until they follow a worse node.
     */

    /** One router of the group. */
    public interface Member {
        /** Its name. */
        String name();

        /** Its parameters now. */
        Election election();

        /** Its state now. */
        State state();

        /** How fit it is by itself. */
        Fitness verdict();

        /** Why, in words. */
        String reason();

        /** Feeds an event to its engine, and {@link Group#stepped} to this group. */
        void on(Event event, long now);
    }

    /** What has to happen next. */
    record Order(Member member, Event event) {}

    private final List<? extends Member> members;
    private @Nullable Member leaver;
    private boolean isSettling;

    /** A group of these, in the order in which they return. */
    public Group(List<? extends Member> members) {
        this.members = List.copyOf(members);
    }

    /**
     * Does what follows for the others from a step of one member; called after each of its steps.
     *
     * @param before its state before that step
     * @param now when it took it, on the scale of all times in the states
     */
    public void stepped(Member member, State before, long now) {
        if (before instanceof Active && !(member.state() instanceof Active)) {
            leaver = member;
        }
        if (isSettling) {
            return;
        }
        isSettling = true;
        try {
            // Each member is judged, leaves and joins at most once.
            for (int i = 0; i <= 3 * members.size(); i++) {
                Order order = next(now);
                if (order == null) {
                    return;
                }
                order.member().on(order.event(), now);
            }
            throw new IllegalStateException("the routers of the group do not settle: "
                    + members.stream()
                            .map(each -> each.name() + " " + each.state())
                            .toList());
        } finally {
            isSettling = false;
        }
    }

    /**
     * What to tell a member whose timer may be due: a tick, or that another member holds it back.
     *
     * @param now the moment, on the scale of all times in the states
     */
    public Event due(Member member, long now) {
        if (!(member.state() instanceof Backup backup)
                || now - VrrpEngine.deadline(member.election(), backup).orElse(now) < 0) {
            return new Event.Tick();
        }
        for (Member other : members) {
            Sender followed = other.equals(member) ? null : followed(other, now);
            // A resignation, or a dead process, is news: only what was heard after it says otherwise.
            boolean isNews =
                    backup.pending() instanceof State.Wait.Skew || backup.pending() instanceof State.Wait.HeadStart;
            if (followed != null && (!isNews || followed.at() - backup.armedAt() > 0)) {
                return new Event.GroupHold(other.name(), followed.source(), followed.priority(), followed.at());
            }
        }
        return new Event.Tick();
    }

    /** What has to happen next for the group to be one; null when it is. */
    @Nullable
    Order next(long now) {
        for (Member member : members) {
            Event.FitnessChanged judged = judge(member);
            State.Situation known = member.state().situation();
            if (judged.fitness() != known.fitness() || !judged.reason().equals(known.reason())) {
                return new Order(member, judged);
            }
        }
        if (leaver != null) {
            for (Member member : members) {
                if (member.state() instanceof Active) {
                    return new Order(
                            member, new Event.GroupLeft(leaver.name(), "is no longer active here", isFirst(member)));
                }
            }
            leaver = null;
        }
        for (Member member : members) {
            if (member.state() instanceof Active active && !active.alone()) {
                for (Member other : members) {
                    Sender better = contradiction(other, active, now);
                    if (better != null) {
                        return new Order(
                                member,
                                new Event.GroupLeft(
                                        other.name(),
                                        "follows " + other.election().named(better.source())
                                                + ", which advertises priority " + better.priority(),
                                        isFirst(member)));
                    }
                }
            }
        }
        return joining(now);
    }

    private boolean isFirst(Member member) {
        return member.equals(members.getFirst());
    }

    private @Nullable Order joining(long now) {
        for (Member member : members) {
            if (member.state() instanceof Active active) {
                for (Member other : members) {
                    if (other.state() instanceof Backup backup
                            && backup.situation().fitness() != Fitness.ISOLATED
                            && contradiction(other, active, now) == null
                            && (!active.alone() || followsWorse(other, now))) {
                        return new Order(other, new Event.GroupActive(member.name(), active.quietSince()));
                    }
                }
            }
        }
        return null;
    }

    /** Who shows through {@code other} that the group belongs elsewhere; null when nobody does. */
    private static @Nullable Sender contradiction(Member other, Active active, long now) {
        Sender followed = followed(other, now);
        boolean isBetter = followed != null
                && followed.at() - active.quietSince() > 0
                && other.state().situation().isBeatenBy(followed.priority(), followed.source(), other.election());
        return isBetter ? followed : null;
    }

    /** Whether a member hears nobody that is better than this node, but somebody who is worse. */
    private static boolean followsWorse(Member member, long now) {
        if (!(member.state() instanceof Backup backup)) {
            return false;
        }
        Sender followed = followed(member, now);
        Sender lower = backup.lower();
        return followed == null
                ? lower != null && now - lower.at() < 2 * backup.intervalNanos()
                : !backup.situation().isBeatenBy(followed.priority(), followed.source(), member.election());
    }

    private static @Nullable Sender followed(Member member, long now) {
        return member.state() instanceof Backup backup ? PeerKnowledge.followed(member.election(), backup, now) : null;
    }

    /** How fit a member is as one of the group. */
    private Event.FitnessChanged judge(Member member) {
        Member worst = member;
        for (Member other : members) {
            if (other.verdict().compareTo(worst.verdict()) > 0) {
                worst = other;
            }
        }
        if (worst.verdict() == Fitness.FIT) {
            for (Member other : members) {
                if (!other.equals(member) && isUnable(other.state())) {
                    return new Event.FitnessChanged(
                            Fitness.UNFIT, "router " + other.name() + " of the group cannot use its interface");
                }
            }
        }
        String reason =
                worst.equals(member) ? worst.reason() : "router " + worst.name() + " of the group: " + worst.reason();
        return new Event.FitnessChanged(worst.verdict(), reason);
    }

    private static boolean isUnable(State state) {
        return state instanceof Initialize initialize
                && (initialize.cause() == Cause.INTERFACE_DOWN || initialize.cause() == Cause.NO_PRIMARY_ADDRESS);
    }
}
