package io.hawser.vrrp;

import io.hawser.vrrp.State.Active;
import io.hawser.vrrp.State.Backup;
import io.hawser.vrrp.State.Initialize;
import io.hawser.vrrp.State.Sender;
import io.hawser.vrrp.State.Situation;
import io.hawser.vrrp.State.Wait;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of one virtual router: {@code (parameters, state, event, now) -> (state, actions)}. Pure: no I/O, no
 * clock, no thread; any thread may call it.
 */
final class VrrpEngine {

    /*
     * RFC 9568 section 6.4, and on top of it:
     *
     * Fitness. An unfit node advertises priority 1, below every configured priority. It resigns when it becomes unfit,
     * and returns after two intervals if nobody took the addresses, while other unfit nodes wait a whole down interval:
     * so the addresses move at most once, and only to a node that can serve. A fit backup that hears priority 1 takes
     * over after its skew time whatever preemption says; it is as if the addresses were free.
     *
     * Stall. An active node that did not get to run for as long as the slowest peer waits gives up before it sends
     * anything: its advertisement would throw out the node that rightly took over. A backup whose timer fires later
     * than half an interval (after a resignation, one and a half) waits two intervals more, once: the queues were
     * drained, but what a paused machine's network card dropped was not in them, and an active node that is not late
     * itself is heard within two intervals.
     *
     * Sleep. The clock that all times are on stands still while the machine is suspended, so no timer would be late. An
     * active node for which the sleep makes a stall gives up, and a backup waits from the start: what it heard and was
     * told before is of another time.
     *
     * Evidence. What peers say out of band brings a takeover forward (their process is dead) or prevents one (their
     * advertisements are filtered, they are not). Without evidence none of it happens. It is as old as the fact that it
     * tells, not as its last report, and an advertisement heard since beats it: so it moves no address away from a node
     * that is heard. A refusal counts only with the loss of an open connection, and at once only when the peer's kernel
     * ended that by itself; where it was reset, a firewall may have done it, and the next advertisement is waited for.
     *
     * Doubt. Who says that it is active may lie, and then a takeover that it prevents would never come. So before a node
     * acts on it the link is asked who has the addresses: what holds them answers, by its kernel. A backup holds back for
     * as long as somebody does, and asks again at each of its rechecks; nobody is believed against three questions
     * without an answer, an answer's wait apart, so that one or two that are lost make no second owner. An active node
     * gives way only when somebody answers. Where the MAC address tells which peer answers, it must be the one that says
     * so: the kernel of a dead node answers until its lease ends. Where the link cannot be asked, nobody answers: then all is as in the RFC,
     * and the hold-off is never longer than those three waits. Who can answer for an address that it does not have could
     * as well announce it: against that there is no help on a link.
     *
     * One deviation: priority 0, and priority 1, of a node other than the one whose advertisements this backup follows
     * do not shorten the wait while those are recent. They say that their sender left, not that the address is free;
     * without this rule a delayed duplicate of a resignation makes the address move twice.
     */

    private static final int MOST_RECHECKS = 3;

    private static final long MILLISECOND = 1_000_000L;
    private static final long SECOND = 1_000 * MILLISECOND;

    /** Evidence alarms are repeated no more often than this. */
    static final long ALARM_GAP_NANOS = 60 * SECOND;

    /** Announcements provoked by other nodes' advertisements are repeated no more often than this. */
    static final long ANNOUNCE_GAP_NANOS = SECOND;

    private VrrpEngine() {}

    /** The state of a router that was not told about its interface yet. */
    static State initial(Fitness fitness, String reason) {
        return new Initialize(new Situation(fitness, reason, null, false, Map.of(), Map.of(), null), Cause.START);
    }

    /** When the next {@link Event.Tick} is due; empty when only another event can change anything. */
    static OptionalLong deadline(Election election, State state) {
        return switch (state) {
            case Initialize _ -> OptionalLong.empty();
            case Backup backup -> OptionalLong.of(downAt(election, backup));
            case Active active -> OptionalLong.of(active.advertAt());
        };
    }

    /**
     * Answers one event.
     *
     * @param election the parameters in force
     * @param state the state before
     * @param event what happened
     * @param now when the loop looked at it, on the scale of all times in {@code state}
     */
    static Step on(Election election, State state, Event event, long now) {
        if (state instanceof Active active && now - active.sentAt() > election.stallNanos()) {
            Step surrender = stalled(election, active, now);
            return surrender.then(dispatch(election, surrender.state(), event, now));
        }
        return dispatch(election, state, event, now);
    }

    private static Step dispatch(Election election, State state, Event event, long now) {
        return switch (state) {
            case Initialize initialize -> onInitialize(election, initialize, event, now);
            case Backup backup -> onBackup(election, backup, event, now);
            case Active active -> onActive(election, active, event, now);
        };
    }

    // --- Initialize, RFC 9568 6.4.1

    private static Step onInitialize(Election election, Initialize state, Event event, long now) {
        return switch (event) {
            case Event.Tick() -> Step.to(state);
            case Event.Heard _ -> Step.to(state);
            case Event.Reconfigured() -> Step.to(state);
            case Event.Hold _ -> Step.to(state);
            case Event.GroupActive _ -> Step.to(state);
            case Event.GroupLeft _ -> Step.to(state);
            case Event.FitnessChanged(Fitness fitness, String reason) ->
                Step.to(state.with(state.situation().withFitness(fitness, reason)));
            case Event.Told(Evidence evidence) ->
                Step.to(state.with(state.situation().withEvidence(evidence)));
            case Event.Answered _ -> Step.to(state);
            case Event.Slept _ -> Step.to(state.with(state.situation().withoutEvidence()));
            case Event.Shutdown() -> Step.to(new Initialize(state.situation(), Cause.SHUTDOWN));
            case Event.Link(boolean up, var primary) -> begin(election, state, up, primary, now);
        };
    }

    private static Step begin(
            Election election, Initialize state, boolean up, @Nullable InetAddress primary, long now) {
        if (state.cause() == Cause.SHUTDOWN) {
            return Step.to(state);
        }
        if (!up || primary == null) {
            Cause cause = up ? Cause.NO_PRIMARY_ADDRESS : Cause.INTERFACE_DOWN;
            return Step.to(new Initialize(state.situation().withPrimary(null), cause));
        }
        boolean first = !state.situation().started();
        Situation known = state.situation().withPrimary(primary).withStarted();
        String from = "sending from " + Addresses.text(primary);
        if (election.effectivePriority(known.fitness()) == Election.OWNER_PRIORITY) {
            return becomeActive(election, state, known, Cause.OWNER, "owner of the addresses, " + from, now, now);
        }
        Backup backup = backup(known, first ? new Wait.Start() : new Wait.Down(), election.intervalNanos(), null, now);
        String explanation = from + ", listening for " + millis(downAt(election, backup) - now);
        return Step.to(
                backup,
                new Action.Moved(
                        RouterState.INITIALIZE,
                        RouterState.BACKUP,
                        first ? Cause.START : Cause.INTERFACE_UP,
                        explanation));
    }

    // --- Backup, RFC 9568 6.4.2

    private static Step onBackup(Election election, Backup state, Event event, long now) {
        return switch (event) {
            case Event.Tick() -> tickInBackup(election, state, null, now);
            case Event.Hold hold -> holdInBackup(election, state, hold, now);
            case Event.GroupActive(String router, long quietSince) ->
                state.situation().fitness() == Fitness.ISOLATED
                        ? Step.to(state)
                        : becomeActive(
                                election,
                                state,
                                state.situation(),
                                Cause.GROUP_ACTIVE,
                                "router " + router + " of the group is active here" + lastHeard(election, state, now),
                                quietSince,
                                now);
            case Event.GroupLeft _ -> Step.to(state);
            case Event.Heard heard -> heardInBackup(election, state, heard, now);
            case Event.FitnessChanged(Fitness fitness, String reason) ->
                fitnessInBackup(election, state, fitness, reason, now);
            case Event.Link(boolean up, var primary) ->
                up && primary != null
                        ? Step.to(state.with(state.situation().withPrimary(primary)))
                        : interfaceLost(state, up);
            case Event.Told(Evidence evidence) -> toldInBackup(election, state, evidence, now);
            case Event.Answered answered -> answeredInBackup(election, state, answered, now);
            case Event.Reconfigured() -> Step.to(reconfigured(election, state, now));
            case Event.Slept(long nanos) -> Step.to(sleptInBackup(state, nanos, now));
            case Event.Shutdown() ->
                Step.to(
                        new Initialize(state.situation(), Cause.SHUTDOWN),
                        new Action.Moved(
                                RouterState.BACKUP, RouterState.INITIALIZE, Cause.SHUTDOWN, "the router is stopping"));
        };
    }

    private static Backup reconfigured(Election election, Backup state, long now) {
        Backup known = state.active() == null ? state.learning(election.intervalNanos()) : state;
        return respectingLower(election, known, now);
    }

    private static Backup sleptInBackup(Backup state, long nanos, long now) {
        if (nanos <= trustedLateNanos(state)) {
            return state;
        }
        Wait wait = state.pending() instanceof Wait.Start ? state.pending() : new Wait.Down();
        return backup(state.situation().withoutEvidence(), wait, state.intervalNanos(), null, now);
    }

    /** The wait for the end of a node that was to be replaced begins anew when it is so no longer. */
    private static Backup respectingLower(Election election, Backup state, long now) {
        int own = election.effectivePriority(state.situation().fitness());
        Sender lower = state.lower();
        boolean isRespectedNow = lower != null
                && now - lower.at() < 2 * state.intervalNanos()
                && own != Election.OWNER_PRIORITY
                && (lower.priority() >= own || !election.preempt());
        return isRespectedNow && !(state.pending() instanceof Wait.Skew) && lower != null
                ? state.hearing(lower, null).waiting(new Wait.Down(), lower.at())
                : state;
    }

    /** How late a timer may fire and still be trusted. */
    private static long trustedLateNanos(Backup state) {
        // After a resignation nobody is robbed but another backup that was quicker, and only until its next
        // advertisement: not worth doubling a planned handover on a busy machine.
        long interval = state.intervalNanos();
        return state.pending() instanceof Wait.Skew ? interval * 3 / 2 : interval / 2;
    }

    /** As {@link #tickInBackup}, but another router of the group follows a node elsewhere: not at the first time. */
    private static Step holdInBackup(Election election, Backup state, Event.Hold hold, long now) {
        if (now - downAt(election, state) < 0) {
            return Step.to(state);
        }
        // Somebody serves these addresses, if with a lower priority: taking them would split the group for nothing.
        boolean served = takeoverCause(state, now) == Cause.LOWER_PRIORITY;
        boolean waited = state.pending() instanceof Wait.Elsewhere || state.pending() instanceof Wait.Answer;
        return served || !waited
                ? Step.to(state.waiting(new Wait.Elsewhere(false), now))
                : tickInBackup(election, state, hold, now);
    }

    /**
     * Once for whoever is a little late, as on a busy machine that may always be. Again for who is so late that it may have been paused meanwhile, but not
     * for ever: that nobody has the address is worse than that two have it for a moment.
     */
    private static boolean mayRecheck(Backup state, long late) {
        boolean isLikeAPause = late > 2 * state.intervalNanos();
        return state.rechecks() < (isLikeAPause ? MOST_RECHECKS : 1);
    }

    private static Step tickInBackup(Election election, Backup state, Event.@Nullable Hold hold, long now) {
        long late = now - downAt(election, state);
        if (late < 0) {
            return Step.to(state);
        }
        Fitness fitness = state.situation().fitness();
        if (fitness == Fitness.ISOLATED) {
            return Step.to(state.waiting(new Wait.Down(), now));
        }
        if (late > trustedLateNanos(state) && mayRecheck(state, late)) {
            return Step.to(state.checkedAgain(now));
        }
        Cause cause = takeoverCause(state, now);
        // A node that is heard and of a lower priority, or unfit, is meant to be replaced.
        boolean preempts = cause == Cause.LOWER_PRIORITY || cause == Cause.OWNER || hearsUnfit(state, now);
        Evidence.Alive served = preempts ? null : servedBy(election, state, now);
        int asked = state.pending() instanceof Wait.Answer(int count) ? count : 0;
        if (served != null && asked < Election.QUESTIONS) {
            return Step.to(state.waiting(new Wait.Answer(asked + 1), now), new Action.Ask());
        }
        String explanation = explainTakeover(election, state, cause, now);
        boolean alone = hold != null && isBetter(election, state.situation(), hold.priority(), hold.source());
        if (served != null) {
            return disbelieve(election, state, served, cause, explanation, alone, now);
        }
        Step taken = becomeActive(election, state, state.situation(), cause, explanation, state.armedAt(), alone, now);
        return hold == null || !alone ? taken : taken.then(split(election, taken.state(), hold, now));
    }

    /** Whether a takeover now would throw out a node that is heard and has the addresses. */
    static boolean isPreempting(State state, long now) {
        return state instanceof Backup backup && takeoverCause(backup, now) == Cause.LOWER_PRIORITY;
    }

    /** Whether this fit backup hears a node that is active and unfit. */
    private static boolean hearsUnfit(Backup state, long now) {
        Sender active = state.active();
        return active != null
                && active.priority() == Election.UNFIT_PRIORITY
                && now - active.at() < 2 * state.intervalNanos()
                && state.situation().fitness() == Fitness.FIT;
    }

    private static Step split(Election election, State state, Event.Hold hold, long now) {
        return Step.to(
                state,
                new Action.Alarm(
                        AlarmKind.GROUP_SPLIT,
                        "nobody advertises this router, while router " + hold.router() + " of its group follows "
                                + election.named(hold.source()) + " (priority " + hold.priority() + "), heard "
                                + millis(now - hold.at()) + " ago: took these addresses alone; let the whole group pass"
                                + " between the nodes, and write it alike on both"));
    }

    /**
     * The node that a backup has reason to follow: one whose advertisements it respects and has heard lately, or that
     * answers as active while somebody answers for the addresses; null when there is none.
     */
    static @Nullable Sender followed(Election election, Backup state, long now) {
        Sender active = state.active();
        boolean respected = active != null
                && now - active.at() < 2 * state.intervalNanos()
                && (active.priority() > Election.UNFIT_PRIORITY
                        || state.situation().fitness() != Fitness.FIT);
        if (respected) {
            return active;
        }
        Evidence.Alive served = isAnswered(election, state, now) ? servedBy(election, state, now) : null;
        return served == null ? null : new Sender(served.peer(), served.priority(), served.at(), served.at());
    }

    /** Whether another machine has answered for the addresses on the link since it was last asked in earnest. */
    private static boolean isAnswered(Election election, Backup state, long now) {
        Long answeredAt = state.situation().answeredAt();
        // As long as from one answer to the next one: a down interval, in a group two, and all but the last question
        // lost.
        long longest = 8 * state.intervalNanos() + Election.QUESTIONS * election.questionNanos();
        boolean isAsking = state.pending() instanceof Wait.Answer;
        return answeredAt != null && (isAsking || now - answeredAt <= longest);
    }

    /** The peer that freshly says it holds the addresses and serves no worse than this node would; null if none. */
    private static Evidence.@Nullable Alive servedBy(Election election, Backup state, long now) {
        return servedBy(election, state, null, now);
    }

    /** The same, if it is {@code node}; null: any. */
    private static Evidence.@Nullable Alive servedBy(
            Election election, Backup state, @Nullable InetAddress node, long now) {
        boolean selfFit = state.situation().fitness() == Fitness.FIT;
        for (Evidence evidence : state.situation().peers().values()) {
            if (evidence instanceof Evidence.Alive alive
                    && alive.active()
                    && (alive.fit() || !selfFit)
                    && (node == null || node.equals(alive.peer()))
                    && now - alive.at() <= believedNanos(election, state, alive, now)) {
                return alive;
            }
        }
        return null;
    }

    /**
     * How long what a peer said is believed. Whom the link has confirmed, while its advertisements did not pass, is not
     * replaced for one answer that is late: the link is asked first.
     */
    private static long believedNanos(Election election, Backup state, Evidence.Alive alive, long now) {
        Sender heard = heard(state, alive.peer());
        boolean isFiltered = heard == null || alive.at() - heard.at() > 2 * state.intervalNanos();
        return isFiltered && isAnswered(election, state, now) ? election.settledNanos() : election.freshnessNanos();
    }

    /** Takes over from a peer that says it is active, as nobody has answered for the addresses. */
    private static Step disbelieve(
            Election election,
            Backup state,
            Evidence.Alive served,
            Cause cause,
            String explanation,
            boolean alone,
            long now) {
        String claim = claim(election, served, now) + ", but nobody answered for the addresses, asked "
                + Election.QUESTIONS + " times in " + millis(Election.QUESTIONS * election.questionNanos());
        Situation known = state.situation().withAnswer(null).withAlarm(AlarmKind.FALSE_CLAIM, now);
        // What other routers of the group were told by that peer until now is no sign of a better node either.
        Step taken = becomeActive(election, state, known, cause, explanation + "; " + claim, now, alone, now);
        return taken.then(Step.to(
                taken.state(),
                new Action.Alarm(AlarmKind.FALSE_CLAIM, claim + ": not believed, took over; look at that node")));
    }

    private static String claim(Election election, Evidence.Alive served, long now) {
        return election.named(served.peer()) + " answered " + millis(now - served.at()) + " ago as active and "
                + (served.fit() ? "fit" : "unfit");
    }

    /** A peer that says it has the addresses has them, and is believed until the next look. */
    private static Step answeredInBackup(Election election, Backup state, Event.Answered answer, long now) {
        // A dead node's kernel answers until the lease ends: that makes nobody else's claim true.
        Evidence.Alive served = servedBy(election, state, answer.node(), now);
        if (served == null) {
            return Step.to(state);
        }
        Backup answered = state.with(state.situation().withAnswer(now));
        return state.pending() instanceof Wait.Answer
                ? filtered(election, answered, served, answer.mac(), now)
                : Step.to(answered);
    }

    private static Step filtered(Election election, Backup state, Evidence.Alive served, String mac, long now) {
        Backup again = state.waiting(new Wait.Recheck(), now);
        AlarmKind kind = unheard(served, AlarmKind.VRRP_FILTERED);
        if (!state.situation().isAlarmDue(kind, now)) {
            return Step.to(again);
        }
        Sender active = state.active();
        String silence = active == null
                ? "no advertisement was ever heard"
                : "the last advertisement, of " + election.named(active.source()) + ", was heard "
                        + millis(now - active.at()) + " ago";
        return Step.to(
                again.with(state.situation().withAlarm(kind, now)),
                new Action.Alarm(
                        kind,
                        silence + ", but " + claim(election, served, now) + ", and the machine with MAC " + mac
                                + " answers for the addresses: not taking over; " + remedy(served)));
    }

    /** Why a peer that holds the addresses is not heard: it has another id for them, or something else. */
    private static AlarmKind unheard(Evidence.Alive peer, AlarmKind otherwise) {
        return peer.otherId() == 0 ? otherwise : AlarmKind.OTHER_ID;
    }

    private static String remedy(Evidence.Alive unheard) {
        return unheard.otherId() == 0
                ? "let IP protocol 112 pass between the nodes"
                : "it has id " + unheard.otherId() + " for these addresses, so that neither hears the other's"
                        + " advertisements: write the same id on both nodes";
    }

    private static Step heardInBackup(Election election, Backup state, Event.Heard heard, long now) {
        Backup listening =
                state.pending() instanceof Wait.Start ? state.waiting(new Wait.Down(), state.armedAt()) : state;
        int own = election.effectivePriority(state.situation().fitness());
        if (heard.priority() == 0) {
            return Step.to(resignedInBackup(election, outdated(listening, heard, now), heard, now));
        }
        if (heard.priority() == Election.UNFIT_PRIORITY && own > Election.UNFIT_PRIORITY) {
            return Step.to(unfitInBackup(election, outdated(listening, heard, now), heard, now));
        }
        Sender sender = sender(heard, listening.active(), now);
        // RFC 9568 6.4.2: if Preempt_Mode is False, or the priority is greater than or equal to the local one
        if (heard.priority() >= own) {
            return Step.to(respect(election, listening.hearing(sender, null), heard, now));
        }
        Sender lower = sender(heard, listening.lower(), now);
        if (own == Election.OWNER_PRIORITY) {
            return Step.to(sooner(election, listening.hearing(listening.active(), lower), Cause.OWNER, now));
        }
        if (election.preempt() && now - lower.since() >= election.takeover().preemptDelayNanos()) {
            return Step.to(listening.hearing(listening.active(), lower));
        }
        return Step.to(respect(election, listening.hearing(sender, lower), heard, now));
    }

    /** What the peer answered before it advertised this is no longer so: it would hold up the handover. */
    private static Backup outdated(Backup state, Event.Heard heard, long now) {
        if (!(state.situation().peers().get(heard.source()) instanceof Evidence.Alive alive)) {
            return state;
        }
        boolean active = heard.priority() > 0;
        int priority = active ? heard.priority() : alive.priority();
        return state.with(state.situation()
                .withEvidence(new Evidence.Alive(alive.peer(), active, alive.fit() && !active, priority, now)));
    }

    private static Sender sender(Event.Heard heard, @Nullable Sender before, long now) {
        boolean same = before != null && before.source().equals(heard.source());
        return new Sender(heard.source(), heard.priority(), same && before != null ? before.since() : now, now);
    }

    private static Backup respect(Election election, Backup state, Event.Heard heard, long now) {
        return state.learning(election.learnedNanos(heard.intervalNanos())).waiting(new Wait.Down(), now);
    }

    private static Backup resignedInBackup(Election election, Backup state, Event.Heard heard, long now) {
        if (followsAnother(state, heard.source(), now)) {
            return state;
        }
        boolean known = state.active() != null;
        Backup free = state.hearing(null, null);
        if (state.situation().fitness() == Fitness.FIT) {
            // RFC 9568 6.4.2: set the Active_Down_Timer to Skew_Time
            return sooner(election, free, Cause.PEER_RESIGNED, now);
        }
        // Whoever resigned may be unfit too and comes back after two intervals; a duplicate must not prolong this.
        return known && !(state.pending() instanceof Wait.Return) ? free.waiting(new Wait.Down(), now) : free;
    }

    private static Backup unfitInBackup(Election election, Backup state, Event.Heard heard, long now) {
        if (followsAnother(state, heard.source(), now)) {
            return state;
        }
        Backup following = state.hearing(sender(heard, state.active(), now), null);
        return sooner(election, following, Cause.PEER_UNFIT, now);
    }

    /** Whether this backup follows a fit active node other than {@code source}. */
    private static boolean followsAnother(Backup state, InetAddress source, long now) {
        Sender active = state.active();
        return active != null
                && !active.source().equals(source)
                && active.priority() > Election.UNFIT_PRIORITY
                && now - active.at() < 2 * state.intervalNanos();
    }

    /** Waits the skew time from now, unless the current wait ends earlier. */
    private static Backup sooner(Election election, Backup state, Cause cause, long now) {
        Backup skewed = state.waiting(new Wait.Skew(cause), now);
        return downAt(election, skewed) - downAt(election, state) < 0 ? skewed : state;
    }

    private static Step fitnessInBackup(Election election, Backup state, Fitness fitness, String reason, long now) {
        Fitness before = state.situation().fitness();
        Backup judged = state.with(state.situation().withFitness(fitness, reason));
        if (before == Fitness.ISOLATED && fitness != Fitness.ISOLATED) {
            return Step.to(judged.waiting(new Wait.Down(), now));
        }
        if (before != Fitness.FIT && election.effectivePriority(fitness) == Election.OWNER_PRIORITY) {
            return Step.to(sooner(election, judged, Cause.OWNER, now));
        }
        return Step.to(respectingLower(election, judged, now));
    }

    private static Step toldInBackup(Election election, Backup state, Evidence evidence, long now) {
        if (!state.situation().isNews(evidence)) {
            return Step.to(state);
        }
        Backup told = state.with(state.situation().withEvidence(evidence));
        return switch (evidence) {
            case Evidence.Gone gone -> {
                InetAddress peer = gone.peer();
                Sender heard = heard(state, peer);
                if (heard != null && heard.at() - gone.at() >= 0) {
                    yield contradicted(election, told, gone, heard, now);
                }
                boolean wasActive =
                        state.active() != null ? state.active().source().equals(peer) : wasActive(state, peer);
                yield wasActive ? activeGone(election, told, gone, heard, now) : Step.to(told);
            }
            // It may hold a takeover up when the timer fires. It brings none forward: who is heard says more by itself.
            case Evidence.Alive _ -> Step.to(told);
        };
    }

    /** The last advertisement of a peer, as far as it is remembered; null when there is none. */
    private static @Nullable Sender heard(Backup state, InetAddress peer) {
        Sender active = from(peer, state.active());
        Sender lower = from(peer, state.lower());
        return active == null || (lower != null && lower.at() - active.at() > 0) ? lower : active;
    }

    private static @Nullable Sender from(InetAddress peer, @Nullable Sender sender) {
        return sender != null && sender.source().equals(peer) ? sender : null;
    }

    /** Somebody who advertises after it was refused has been started again, or was never gone. */
    private static Step contradicted(Election election, Backup state, Evidence.Gone gone, Sender heard, long now) {
        boolean isHeard = now - heard.at() < 2 * state.intervalNanos();
        // A process that was started again answers before it advertises; who goes on refusing is behind a firewall.
        boolean isSettled = now - gone.at() >= 2 * state.intervalNanos();
        if (!isHeard || !isSettled || !state.situation().isAlarmDue(AlarmKind.PEER_REFUSES, now)) {
            return Step.to(state);
        }
        return Step.to(
                state.with(state.situation().withAlarm(AlarmKind.PEER_REFUSES, now)),
                new Action.Alarm(
                        AlarmKind.PEER_REFUSES,
                        election.named(gone.peer()) + " refuses to be probed (" + gone.reason() + ") for "
                                + millis(now - gone.at()) + ", but its advertisements are heard, the last one "
                                + millis(now - heard.at()) + " ago: it is not taken for dead; let the TCP port of its"
                                + " /healthz pass between the nodes, a firewall rejects it"));
    }

    private static boolean wasActive(Backup state, InetAddress peer) {
        return state.situation().peers().get(peer) instanceof Evidence.Alive alive && alive.active();
    }

    private static Step activeGone(
            Election election, Backup state, Evidence.Gone gone, @Nullable Sender heard, long now) {
        if (state.situation().fitness() != Fitness.FIT) {
            return Step.to(state);
        }
        boolean isCertain = gone.isClosed();
        if (!knowsAllOthers(election, state, gone.peer(), now)) {
            return Step.to(isCertain ? sooner(election, state, Cause.PEER_GONE, now) : state);
        }
        int rank = rank(election, state, now);
        // A firewall that begins to reject looks alike: an advertisement that is not late yet will show it.
        long from = isCertain ? now : heard == null ? gone.at() : heard.at();
        Backup ahead = state.waiting(new Wait.HeadStart(rank, isCertain), from);
        if (rank == 0 && isCertain) {
            String explanation = "the process of the active node " + election.named(gone.peer()) + " is gone: "
                    + gone.reason() + ", and no better node is known" + lastHeard(election, state, now);
            return becomeActive(election, ahead, ahead.situation(), Cause.PEER_GONE, explanation, now, now);
        }
        return Step.to(downAt(election, ahead) - downAt(election, state) < 0 ? ahead : state);
    }

    private static boolean knowsAllOthers(Election election, Backup state, InetAddress gone, long now) {
        for (InetAddress peer : election.peers()) {
            boolean known = switch (state.situation().peers().get(peer)) {
                case null -> false;
                case Evidence.Gone _ -> true;
                case Evidence.Alive alive -> now - alive.at() <= election.freshnessNanos();
            };
            if (!known && !peer.equals(gone)) {
                return false;
            }
        }
        return true;
    }

    /** How many fit peers would win an election against this node. */
    static int rank(Election election, Backup state, long now) {
        int rank = 0;
        for (Evidence evidence : state.situation().peers().values()) {
            if (evidence instanceof Evidence.Alive alive
                    && alive.fit()
                    && now - alive.at() <= election.freshnessNanos()
                    && isBetter(election, state.situation(), alive.priority(), alive.peer())) {
                rank++;
            }
        }
        return rank;
    }

    static boolean isBetter(Election election, Situation own, int priority, InetAddress address) {
        int ownPriority = election.effectivePriority(own.fitness());
        InetAddress primary = own.primary();
        return priority > ownPriority
                || (priority == ownPriority && primary != null && Addresses.isHigher(address, primary));
    }

    private static long downAt(Election election, Backup state) {
        return state.armedAt() + waitNanos(election, state);
    }

    private static long waitNanos(Election election, Backup state) {
        Fitness fitness = state.situation().fitness();
        int own = election.effectivePriority(fitness);
        long interval = state.intervalNanos();
        boolean first = fitness == Fitness.FIT;
        long down = election.downNanos(own, interval);
        return switch (state.pending()) {
            case Wait.Down() -> down;
            case Wait.Elsewhere(boolean ahead) -> ahead ? down - interval : down;
            case Wait.Start() -> down + election.takeover().startDelayNanos();
            case Wait.Skew _ -> first ? election.skewNanos(own, interval) : down;
            case Wait.Return() -> 2 * election.intervalNanos();
            case Wait.HeadStart(int rank, boolean isCertain) ->
                first ? (isCertain ? 0 : 2 * interval + election.skewNanos(own, interval)) + rank * interval / 2 : down;
            case Wait.Answer _ -> election.questionNanos();
            case Wait.Recheck() -> 2 * interval + election.skewNanos(own, interval);
        };
    }

    // --- Active, RFC 9568 6.4.3

    private static Step onActive(Election election, Active state, Event event, long now) {
        return switch (event) {
            case Event.Tick() -> tickInActive(election, state, now);
            case Event.Hold _ -> tickInActive(election, state, now);
            case Event.GroupActive _ -> Step.to(state);
            case Event.GroupLeft left -> leaveWithGroup(election, state, left, now);
            case Event.Heard heard -> heardInActive(election, state, heard, now);
            case Event.FitnessChanged(Fitness fitness, String reason) ->
                fitnessInActive(election, state, fitness, reason, now);
            case Event.Link(boolean up, var primary) -> linkInActive(election, state, up, primary, now);
            case Event.Told(Evidence evidence) -> toldInActive(election, state, evidence, now);
            case Event.Answered answered -> answeredInActive(election, state, answered, now);
            case Event.Reconfigured() -> advertise(election, state, now);
            case Event.Slept(long nanos) -> sleptInActive(election, state, nanos, now);
            case Event.Shutdown() ->
                Step.to(
                        new Initialize(state.situation(), Cause.SHUTDOWN),
                        new Action.RemoveAddresses(),
                        new Action.SendAdvert(0),
                        new Action.Moved(
                                RouterState.ACTIVE,
                                RouterState.INITIALIZE,
                                Cause.SHUTDOWN,
                                "the router is stopping, resigned with priority 0"));
        };
    }

    private static Step tickInActive(Election election, Active state, long now) {
        if (now - state.advertAt() < 0) {
            return Step.to(state);
        }
        int own = election.effectivePriority(state.situation().fitness());
        long onTime = state.advertAt() + election.intervalNanos();
        long next = onTime - now > 0 ? onTime : now + election.intervalNanos();
        return Step.to(state.sent(now, next), new Action.SendAdvert(own));
    }

    private static Step advertise(Election election, Active state, long now) {
        int own = election.effectivePriority(state.situation().fitness());
        return Step.to(state.sent(now, now + election.intervalNanos()), new Action.SendAdvert(own));
    }

    private static Step heardInActive(Election election, Active state, Event.Heard heard, long now) {
        Situation own = state.situation();
        if (heard.priority() == 0) {
            // RFC 9568 6.4.3: send an ADVERTISEMENT, reset the Adver_Timer
            return advertise(election, state, now);
        }
        if (isBetter(election, own, heard.priority(), heard.source())) {
            return yieldTo(election, state, heard, now);
        }
        // RFC 9568 6.4.3: otherwise discard and immediately send an ADVERTISEMENT. One that left a moment ago will do:
        // a flood must not be answered packet by packet.
        boolean answered = now - state.sentAt() < election.intervalNanos() / 10;
        Step answer = answered ? Step.to(state) : advertise(election, state, now);
        return answer.then(reannounce((Active) answer.state(), now));
    }

    /** The other node may have told the neighbours that the addresses are there: tell them again. */
    private static Step reannounce(Active state, long now) {
        return now - state.announcedAt() < ANNOUNCE_GAP_NANOS
                ? Step.to(state)
                : Step.to(state.announced(now), new Action.Announce());
    }

    private static Step yieldTo(Election election, Active state, Event.Heard heard, long now) {
        Situation known = state.situation();
        int own = election.effectivePriority(known.fitness());
        Cause cause = heard.priority() > own ? Cause.HIGHER_PRIORITY : Cause.HIGHER_ADDRESS;
        Sender sender = new Sender(heard.source(), heard.priority(), now, now);
        long interval = election.learnedNanos(heard.intervalNanos());
        String explanation = election.named(heard.source()) + " advertises priority " + heard.priority()
                + ", own priority " + own + " from " + primaryText(known);
        return becomeBackup(state, backup(known, new Wait.Down(), interval, sender, now), cause, explanation, false);
    }

    private static Step fitnessInActive(Election election, Active state, Fitness fitness, String reason, long now) {
        Fitness before = state.situation().fitness();
        Active judged = state.with(state.situation().withFitness(fitness, reason));
        if (fitness == before) {
            return Step.to(judged);
        }
        return switch (fitness) {
            case FIT -> advertise(election, judged, now);
            case UNFIT ->
                before == Fitness.FIT
                        ? resign(election, judged, new Wait.Return(), Cause.UNFIT, reason, now)
                        : advertise(election, judged, now);
            case ISOLATED -> resign(election, judged, new Wait.Down(), Cause.ISOLATED, reason, now);
        };
    }

    private static Step resign(Election election, Active state, Wait wait, Cause cause, String reason, long now) {
        Backup backup = backup(state.situation(), wait, election.intervalNanos(), null, now);
        String plan = cause == Cause.UNFIT
                ? "; back in " + millis(downAt(election, backup) - now) + " if nobody takes the addresses"
                : "; not back before somebody is heard";
        return becomeBackup(state, backup, cause, reason + plan, true);
    }

    /**
     * Gives up without a word: the node that the group belongs to is active and advertises. Priority 0 would make whoever
     * follows this node take over from it.
     */
    private static Step leaveWithGroup(Election election, Active state, Event.GroupLeft left, long now) {
        Wait wait = new Wait.Elsewhere(left.first());
        // What made the group leave holds for each of its routers: the link is asked before one comes back.
        Backup backup = backup(state.situation().withAnswer(now), wait, election.intervalNanos(), null, now);
        String explanation = "router " + left.router() + " of the group " + left.why() + "; back in "
                + millis(downAt(election, backup) - now) + " if nobody takes the addresses";
        return becomeBackup(state, backup, Cause.GROUP_LEFT, explanation, false);
    }

    private static Step linkInActive(
            Election election, Active state, boolean up, @Nullable InetAddress primary, long now) {
        if (!up || primary == null) {
            return interfaceLost(state, up);
        }
        boolean moved = !primary.equals(state.situation().primary());
        Active linked = state.with(state.situation().withPrimary(primary));
        return moved ? advertise(election, linked, now) : Step.to(linked);
    }

    private static Step toldInActive(Election election, Active state, Evidence evidence, long now) {
        if (!state.situation().isNews(evidence)) {
            return Step.to(state);
        }
        Active told = state.with(state.situation().withEvidence(evidence));
        State.Doubt doubt = state.doubt();
        boolean again = doubt != null && doubt.peer().equals(evidence.peer());
        if (!(evidence instanceof Evidence.Alive alive) || !claimsBetter(election, state, alive, now)) {
            return Step.to(again ? told.doubting(null) : told);
        }
        int asked = again && doubt != null ? doubt.asked() : 0;
        // Each answer of the peer is a question here, so that the link is asked no more often than peers are.
        Active doubting = told.doubting(new State.Doubt(alive.peer(), Math.min(asked + 1, Election.QUESTIONS)));
        Step asks = Step.to(doubting, new Action.Ask());
        return asked < Election.QUESTIONS ? asks : asks.then(unanswered(election, doubting, alive, now));
    }

    private static Step unanswered(Election election, Active state, Evidence.Alive alive, long now) {
        return !state.situation().isAlarmDue(AlarmKind.FALSE_CLAIM, now)
                ? Step.to(state)
                : Step.to(
                        state.with(state.situation().withAlarm(AlarmKind.FALSE_CLAIM, now)),
                        new Action.Alarm(
                                AlarmKind.FALSE_CLAIM,
                                claim(election, alive, now) + ", but nobody else answers for the addresses: not"
                                        + " believed, staying active; look at that node"));
    }

    /** Whether a peer says that it is active and better than this node. */
    private static boolean claimsBetter(Election election, Active state, Evidence.Alive alive, long now) {
        // An answer from about the moment of the takeover may describe the time before it.
        boolean current =
                alive.at() - state.since() > election.intervalNanos() && now - alive.at() <= election.freshnessNanos();
        return alive.active() && current && isBetter(election, state.situation(), priority(alive), alive.peer());
    }

    private static int priority(Evidence.Alive alive) {
        return alive.fit() ? alive.priority() : Election.UNFIT_PRIORITY;
    }

    /** Somebody else has the addresses too: a better node that says so is right. */
    private static Step answeredInActive(Election election, Active state, Event.Answered answer, long now) {
        for (Evidence evidence : state.situation().peers().values()) {
            if (evidence instanceof Evidence.Alive alive
                    && (answer.node() == null || answer.node().equals(alive.peer()))
                    && claimsBetter(election, state, alive, now)) {
                return yieldToAnswer(election, state, alive, answer.mac(), now);
            }
        }
        return Step.to(state);
    }

    /** Whether it matters who answers on the link. */
    static boolean isAsking(State state) {
        return switch (state) {
            case Initialize _ -> false;
            case Backup backup -> backup.pending() instanceof Wait.Answer;
            case Active active -> active.doubt() != null;
        };
    }

    private static Step yieldToAnswer(Election election, Active state, Evidence.Alive alive, String mac, long now) {
        Situation known = state.situation();
        String explanation = election.named(alive.peer()) + " answered " + millis(now - alive.at())
                + " ago as active with priority " + priority(alive) + ", own priority "
                + election.effectivePriority(known.fitness()) + " from " + primaryText(known)
                + ", and the machine with MAC " + mac + " answers for the addresses";
        AlarmKind kind = unheard(alive, AlarmKind.TWO_ACTIVE);
        Situation answered = known.withAlarm(kind, now).withAnswer(now);
        Backup backup = backup(answered, new Wait.Down(), election.intervalNanos(), null, now);
        Step step = becomeBackup(state, backup, Cause.PEER_ACTIVE, explanation, false);
        return step.then(
                Step.to(step.state(), new Action.Alarm(kind, explanation + ": both were active; " + remedy(alive))));
    }

    private static Step sleptInActive(Election election, Active state, long nanos, long now) {
        long silent = now - state.sentAt() + nanos;
        return silent <= election.stallNanos()
                ? Step.to(state)
                : giveUp(
                        election,
                        state.with(state.situation().withoutEvidence()),
                        "did not advertise for " + millis(silent) + ", of which the machine was suspended for "
                                + millis(nanos),
                        now);
    }

    private static Step stalled(Election election, Active state, long now) {
        return giveUp(election, state, "did not get to advertise for " + millis(now - state.sentAt()), now);
    }

    private static Step giveUp(Election election, Active state, String silence, long now) {
        String explanation = silence + ", others wait at most " + millis(election.stallNanos());
        Backup backup = backup(state.situation(), new Wait.Down(), election.intervalNanos(), null, now);
        return becomeBackup(state, backup, Cause.STALLED, explanation, false);
    }

    // --- transitions

    private static Step becomeActive(
            Election election,
            State before,
            Situation known,
            Cause cause,
            String explanation,
            long quietSince,
            long now) {
        return becomeActive(election, before, known, cause, explanation, quietSince, false, now);
    }

    private static Step becomeActive(
            Election election,
            State before,
            Situation known,
            Cause cause,
            String explanation,
            long quietSince,
            boolean alone,
            long now) {
        Active active = new Active(known, now, now, now + election.intervalNanos(), now, quietSince, alone, null);
        // RFC 9568 6.4.1, 6.4.2: send an ADVERTISEMENT, then gratuitous ARP or unsolicited NA
        return Step.to(
                active,
                new Action.SendAdvert(election.effectivePriority(known.fitness())),
                new Action.PutAddresses(),
                new Action.Announce(),
                new Action.Moved(before.name(), RouterState.ACTIVE, cause, explanation));
    }

    private static Step becomeBackup(Active before, Backup after, Cause cause, String explanation, boolean resigns) {
        List<Action> actions = new ArrayList<>(3);
        actions.add(new Action.RemoveAddresses());
        if (resigns) {
            // After the removal, so that the next node cannot hold the addresses at the same time.
            actions.add(new Action.SendAdvert(0));
        }
        actions.add(new Action.Moved(before.name(), RouterState.BACKUP, cause, explanation));
        return new Step(after, actions);
    }

    private static Step interfaceLost(State before, boolean up) {
        Cause cause = up ? Cause.NO_PRIMARY_ADDRESS : Cause.INTERFACE_DOWN;
        String explanation = up
                ? "the interface has no address to advertise from, it had " + primaryText(before.situation())
                : "the interface is down or has no carrier";
        List<Action> actions = new ArrayList<>(2);
        if (before instanceof Active) {
            actions.add(new Action.RemoveAddresses());
        }
        actions.add(new Action.Moved(before.name(), RouterState.INITIALIZE, cause, explanation));
        return new Step(new Initialize(before.situation().withPrimary(null), cause), actions);
    }

    private static Backup backup(Situation known, Wait wait, long intervalNanos, @Nullable Sender active, long now) {
        return new Backup(known, now, wait, intervalNanos, active, null, 0);
    }

    // --- words

    private static Cause takeoverCause(Backup state, long now) {
        Sender lower = state.lower();
        return switch (state.pending()) {
            case Wait.Skew(Cause cause) -> cause;
            case Wait.Return() -> Cause.NOBODY_TOOK_OVER;
            case Wait.HeadStart _ -> Cause.PEER_GONE;
            case Wait.Down(), Wait.Start(), Wait.Elsewhere _, Wait.Recheck(), Wait.Answer _ -> {
                if (lower != null && now - lower.at() < 2 * state.intervalNanos()) {
                    yield Cause.LOWER_PRIORITY;
                }
                yield state.active() == null ? Cause.NO_ADVERT_HEARD : Cause.ADVERTS_STOPPED;
            }
        };
    }

    private static String explainTakeover(Election election, Backup state, Cause cause, long now) {
        Fitness fitness = state.situation().fitness();
        String waited = "waited " + millis(now - state.armedAt()) + " of " + millis(waitNanos(election, state));
        Sender lower = state.lower();
        String lowest = cause == Cause.LOWER_PRIORITY && lower != null
                ? election.named(lower.source()) + " advertises only priority " + lower.priority() + ", "
                : "";
        String down = cause == Cause.ADVERTS_STOPPED
                ? ", down interval "
                        + millis(election.downNanos(election.effectivePriority(fitness), state.intervalNanos()))
                : "";
        String self = fitness == Fitness.FIT
                ? ""
                : ", although unfit: " + state.situation().reason();
        return lowest + waited + lastHeard(election, state, now) + down + self;
    }

    private static String lastHeard(Election election, Backup state, long now) {
        Sender active = state.active();
        return active == null
                ? ", nobody advertises"
                : ", last advertisement of " + election.named(active.source()) + " (priority " + active.priority()
                        + ") heard " + millis(now - active.at()) + " ago";
    }

    private static String primaryText(Situation known) {
        InetAddress primary = known.primary();
        return primary == null ? "no address" : Addresses.text(primary);
    }

    /** A length of time in words: whole milliseconds, with one decimal below ten. */
    static String millis(long nanos) {
        return Math.abs(nanos) < 10 * MILLISECOND
                ? String.format(Locale.ROOT, "%.1f ms", nanos / 1e6)
                : Math.round(nanos / 1e6) + " ms";
    }
}
