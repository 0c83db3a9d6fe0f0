package io.hawser.vrrp.election;

import io.hawser.vrrp.election.State.Active;
import io.hawser.vrrp.election.State.Backup;
import io.hawser.vrrp.election.State.Initialize;
import io.hawser.vrrp.election.State.Situation;
import io.hawser.vrrp.election.State.Wait;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The state machine of one virtual router: {@code (parameters, state, event, now) -> (state, actions)}. Pure: no I/O, no
 * clock, no thread; any thread may call it.
 *
 * <p>What moves it from state to state, and the causes it then gives, by their labels. Whatever is not here leaves it where
 * it is, and changes at most what it knows, waits for and sends; {@code TransitionTableTest} holds that. An active router
 * that was silent for too long gives up before it looks at the event, which then counts in backup. From initialize to
 * initialize only the cause changes.
 *
 * <pre>
 * | from       | event          | to         | causes                                           |
 * |------------|----------------|------------|--------------------------------------------------|
 * | initialize | Link           | initialize | interface-down, no-primary-address               |
 * | initialize | Link           | backup     | start, interface-up                              |
 * | initialize | Link           | active     | owner                                            |
 * | initialize | Shutdown       | initialize | shutdown                                         |
 * | backup     | Tick           | active     | adverts-stopped, no-advert-heard, lower-priority |
 * | backup     | Tick           | active     | peer-resigned, peer-unfit, peer-gone, owner      |
 * | backup     | Tick           | active     | nobody-took-over                                 |
 * | backup     | GroupHold      | active     | adverts-stopped, no-advert-heard                 |
 * | backup     | PeerEvidence   | active     | peer-gone                                        |
 * | backup     | GroupActive    | active     | group-active                                     |
 * | backup     | Link           | initialize | interface-down, no-primary-address               |
 * | backup     | Shutdown       | initialize | shutdown                                         |
 * | active     | AdvertReceived | backup     | higher-priority, higher-address                  |
 * | active     | FitnessChanged | backup     | unfit, isolated                                  |
 * | active     | Answered       | backup     | peer-active                                      |
 * | active     | GroupLeft      | backup     | group-left                                       |
 * | active     | any            | backup     | stalled                                          |
 * | active     | Link           | initialize | interface-down, no-primary-address               |
 * | active     | Shutdown       | initialize | shutdown                                         |
 * </pre>
 */
public final class VrrpEngine {

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

    private VrrpEngine() {}

    /**
     * The state of a router that was not told about its interface yet.
     *
     * @param fitness how fit it is
     * @param reason why, in words
     */
    public static State initial(Fitness fitness, String reason) {
        return new Initialize(
                new Situation(fitness, reason, null, false, KnownEvidence.NONE, Map.of(), null), Cause.START);
    }

    /**
     * When the next {@link Event.Tick} is due, on the scale of all times in {@code state}; empty when only another event can
     * change anything.
     */
    public static OptionalLong deadline(Election election, State state) {
        return switch (state) {
            case Initialize _ -> OptionalLong.empty();
            case Backup backup -> OptionalLong.of(ActiveDownTimer.downAt(election, backup));
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
    public static Step on(Election election, State state, Event event, long now) {
        if (state instanceof Active active && now - active.sentAt() > election.stallNanos()) {
            Step surrender = ActiveRules.stalled(election, active, now);
            return surrender.then(dispatch(election, surrender.state(), event, now));
        }
        return dispatch(election, state, event, now);
    }

    private static Step dispatch(Election election, State state, Event event, long now) {
        return switch (state) {
            case Initialize initialize -> InitializeRules.on(election, initialize, event, now);
            case Backup backup -> BackupRules.on(election, backup, event, now);
            case Active active -> ActiveRules.on(election, active, event, now);
        };
    }

    /** Whether a takeover now would throw out a node that is heard and has the addresses. */
    public static boolean isPreempting(State state, long now) {
        return state instanceof Backup backup && BackupRules.takeoverCause(backup, now) == Cause.LOWER_PRIORITY;
    }

    /** Whether it matters who answers on the link. */
    public static boolean isAsking(State state) {
        return switch (state) {
            case Initialize _ -> false;
            case Backup backup -> backup.pending() instanceof Wait.Answer;
            case Active active -> active.doubt() != null;
        };
    }

    /** How many fit peers would win an election against this node, as far as is freshly known at {@code now}. */
    public static int rank(Election election, Backup state, long now) {
        return PeerKnowledge.rank(election, state, now);
    }
}
