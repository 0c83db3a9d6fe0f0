package io.hawser.vrrp.election;

import io.hawser.vrrp.election.State.Active;
import io.hawser.vrrp.election.State.Backup;
import io.hawser.vrrp.election.State.Initialize;
import io.hawser.vrrp.election.State.Sender;
import io.hawser.vrrp.election.State.Situation;
import io.hawser.vrrp.election.State.Wait;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an active router does, RFC 9568 section 6.4.3. Pure, as all of {@link VrrpEngine}, which says why; stateless. */
final class ActiveRules {

    /** Announcements provoked by other nodes' advertisements are repeated no more often than this. */
    private static final long ANNOUNCE_GAP_NANOS = 1_000_000_000L;

    private ActiveRules() {}

    static Step on(Election election, Active state, Event event, long now) {
        return switch (event) {
            case Event.Tick() -> tick(election, state, now);
            case Event.GroupHold _ -> tick(election, state, now);
            case Event.GroupActive _ -> Step.to(state);
            case Event.GroupLeft left -> leaveWithGroup(election, state, left, now);
            case Event.AdvertReceived heard -> heard(election, state, heard, now);
            case Event.FitnessChanged(Fitness fitness, String reason) -> fitness(election, state, fitness, reason, now);
            case Event.Link(boolean up, var primary) -> link(election, state, up, primary, now);
            case Event.PeerEvidence(Evidence evidence) -> told(election, state, evidence, now);
            case Event.Answered answered -> answered(election, state, answered, now);
            case Event.Reconfigured() -> advertise(election, state, now);
            case Event.Slept(long nanos) -> slept(election, state, nanos, now);
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

    private static Step tick(Election election, Active state, long now) {
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

    private static Step heard(Election election, Active state, Event.AdvertReceived heard, long now) {
        Situation own = state.situation();
        if (heard.priority() == 0) {
            // RFC 9568 6.4.3: send an ADVERTISEMENT, reset the Adver_Timer
            return advertise(election, state, now);
        }
        if (own.isBeatenBy(heard.priority(), heard.source(), election)) {
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

    private static Step yieldTo(Election election, Active state, Event.AdvertReceived heard, long now) {
        Situation known = state.situation();
        int own = election.effectivePriority(known.fitness());
        Cause cause = heard.priority() > own ? Cause.HIGHER_PRIORITY : Cause.HIGHER_ADDRESS;
        Sender sender = new Sender(heard.source(), heard.priority(), now, now);
        long interval = election.learnedNanos(heard.intervalNanos());
        String explanation = election.named(heard.source()) + " advertises priority " + heard.priority()
                + ", own priority " + own + " from " + Words.primaryText(known);
        return becomeBackup(
                state, Transitions.backup(known, new Wait.Down(), interval, sender, now), cause, explanation, false);
    }

    private static Step fitness(Election election, Active state, Fitness fitness, String reason, long now) {
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
        Backup backup = Transitions.backup(state.situation(), wait, election.intervalNanos(), null, now);
        String plan = cause == Cause.UNFIT
                ? "; back in " + Words.millis(ActiveDownTimer.downAt(election, backup) - now)
                        + " if nobody takes the addresses"
                : "; stays backup until a node or member answers";
        return becomeBackup(state, backup, cause, reason + plan, true);
    }

    /**
     * Gives up without a word: the node that the group belongs to is active and advertises. Priority 0 would make whoever
     * follows this node take over from it.
     */
    private static Step leaveWithGroup(Election election, Active state, Event.GroupLeft left, long now) {
        Wait wait = new Wait.Elsewhere(left.first());
        // What made the group leave holds for each of its routers: the link is asked before one comes back.
        Backup backup =
                Transitions.backup(state.situation().withAnswer(now), wait, election.intervalNanos(), null, now);
        String explanation = "router " + left.router() + " of the group " + left.why() + "; back in "
                + Words.millis(ActiveDownTimer.downAt(election, backup) - now) + " if nobody takes the addresses";
        return becomeBackup(state, backup, Cause.GROUP_LEFT, explanation, false);
    }

    private static Step link(Election election, Active state, boolean up, @Nullable InetAddress primary, long now) {
        if (!up || primary == null) {
            return Transitions.interfaceLost(state, up);
        }
        boolean moved = !primary.equals(state.situation().primary());
        Active linked = state.with(state.situation().withPrimary(primary));
        return moved ? advertise(election, linked, now) : Step.to(linked);
    }

    private static Step told(Election election, Active state, Evidence evidence, long now) {
        if (!state.situation().evidence().isNews(evidence)) {
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
                                Words.claim(election, alive, now) + ", but nobody else on the link answers for the"
                                        + " addresses: claim ignored, staying active; check that node"));
    }

    /** Whether a peer says that it is active and better than this node. */
    private static boolean claimsBetter(Election election, Active state, Evidence.Alive alive, long now) {
        // An answer from about the moment of the takeover may describe the time before it.
        boolean current =
                alive.at() - state.since() > election.intervalNanos() && now - alive.at() <= election.freshnessNanos();
        return alive.active() && current && state.situation().isBeatenBy(priority(alive), alive.peer(), election);
    }

    private static int priority(Evidence.Alive alive) {
        return alive.fit() ? alive.priority() : Election.UNFIT_PRIORITY;
    }

    /** Somebody else has the addresses too: a better node that says so is right. */
    private static Step answered(Election election, Active state, Event.Answered answer, long now) {
        for (Evidence evidence : state.situation().evidence().all()) {
            if (evidence instanceof Evidence.Alive alive
                    && (answer.node() == null || answer.node().equals(alive.peer()))
                    && claimsBetter(election, state, alive, now)) {
                return yieldToAnswer(election, state, alive, answer.mac(), now);
            }
        }
        return Step.to(state);
    }

    private static Step yieldToAnswer(Election election, Active state, Evidence.Alive alive, String mac, long now) {
        Situation known = state.situation();
        String explanation = election.named(alive.peer()) + " answered " + Words.millis(now - alive.at())
                + " ago as active with priority " + priority(alive) + ", own priority "
                + election.effectivePriority(known.fitness()) + " from " + Words.primaryText(known)
                + "; MAC " + mac + " answers for the addresses";
        AlarmKind kind = Words.unheard(alive, AlarmKind.TWO_ACTIVE);
        Situation answered = known.withAlarm(kind, now).withAnswer(now);
        Backup backup = Transitions.backup(answered, new Wait.Down(), election.intervalNanos(), null, now);
        Step step = becomeBackup(state, backup, Cause.PEER_ACTIVE, explanation, false);
        return step.then(Step.to(
                step.state(),
                new Action.Alarm(kind, explanation + ": both nodes were active; " + Words.remedy(alive))));
    }

    private static Step slept(Election election, Active state, long nanos, long now) {
        long silent = now - state.sentAt() + nanos;
        return silent <= election.stallNanos()
                ? Step.to(state)
                : giveUp(
                        election,
                        state.with(state.situation().withoutEvidence()),
                        "sent no advertisement for " + Words.millis(silent) + "; the machine was suspended for "
                                + Words.millis(nanos) + " of that",
                        now);
    }

    /** Gives up, as the node did nothing for longer than a peer waits. */
    static Step stalled(Election election, Active state, long now) {
        return giveUp(election, state, "sent no advertisement for " + Words.millis(now - state.sentAt()), now);
    }

    private static Step giveUp(Election election, Active state, String silence, long now) {
        String explanation = silence + "; the other nodes wait at most " + Words.millis(election.stallNanos());
        Backup backup = Transitions.backup(state.situation(), new Wait.Down(), election.intervalNanos(), null, now);
        return becomeBackup(state, backup, Cause.STALLED, explanation, false);
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
}
