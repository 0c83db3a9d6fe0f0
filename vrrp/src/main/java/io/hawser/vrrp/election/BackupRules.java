package io.hawser.vrrp.election;

import io.hawser.vrrp.election.State.Backup;
import io.hawser.vrrp.election.State.Initialize;
import io.hawser.vrrp.election.State.Sender;
import io.hawser.vrrp.election.State.Situation;
import io.hawser.vrrp.election.State.Wait;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** What a backup does, RFC 9568 section 6.4.2. Pure, as all of {@link VrrpEngine}, which says why; stateless. */
final class BackupRules {
    private BackupRules() {}

    static Step on(Election election, Backup state, Event event, long now) {
        return switch (event) {
            case Event.Tick() -> tick(election, state, null, now);
            case Event.GroupHold hold -> hold(election, state, hold, now);
            case Event.GroupActive(String router, long quietSince) ->
                state.situation().fitness() == Fitness.ISOLATED
                        ? Step.to(state)
                        : Transitions.becomeActive(
                                election,
                                state,
                                state.situation(),
                                Cause.GROUP_ACTIVE,
                                "router " + router + " of the group is active here" + lastHeard(election, state, now),
                                quietSince,
                                now);
            case Event.GroupLeft _ -> Step.to(state);
            case Event.AdvertReceived heard -> heard(election, state, heard, now);
            case Event.FitnessChanged(Fitness fitness, String reason) -> fitness(election, state, fitness, reason, now);
            case Event.Link(boolean up, var primary) ->
                up && primary != null
                        ? Step.to(state.with(state.situation().withPrimary(primary)))
                        : Transitions.interfaceLost(state, up);
            case Event.PeerEvidence(Evidence evidence) -> told(election, state, evidence, now);
            case Event.Answered answered -> answered(election, state, answered, now);
            case Event.Reconfigured() -> Step.to(reconfigured(election, state, now));
            case Event.Slept(long nanos) -> Step.to(slept(state, nanos, now));
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

    private static Backup slept(Backup state, long nanos, long now) {
        if (nanos <= ActiveDownTimer.trustedLateNanos(state)) {
            return state;
        }
        Wait wait = state.pending() instanceof Wait.Start ? state.pending() : new Wait.Down();
        return Transitions.backup(state.situation().withoutEvidence(), wait, state.intervalNanos(), null, now);
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

    /** As {@link #tick}, but another router of the group follows a node elsewhere: not at the first time. */
    private static Step hold(Election election, Backup state, Event.GroupHold hold, long now) {
        if (now - ActiveDownTimer.downAt(election, state) < 0) {
            return Step.to(state);
        }
        if (state.pending() instanceof Wait.Start) {
            return Step.to(state.waiting(new Wait.Down(), now));
        }
        // Somebody serves these addresses, if with a lower priority: taking them would split the group for nothing.
        boolean served = takeoverCause(state, now) == Cause.LOWER_PRIORITY;
        boolean waited = state.pending() instanceof Wait.Elsewhere || state.pending() instanceof Wait.Answer;
        return served || !waited
                ? Step.to(state.waiting(new Wait.Elsewhere(false), now))
                : tick(election, state, hold, now);
    }

    private static Step tick(Election election, Backup state, Event.@Nullable GroupHold hold, long now) {
        long late = now - ActiveDownTimer.downAt(election, state);
        if (late < 0) {
            return Step.to(state);
        }
        Fitness fitness = state.situation().fitness();
        // After a start delay the node listens for a whole down interval, however late it is: it may have been paused.
        if (fitness == Fitness.ISOLATED || state.pending() instanceof Wait.Start) {
            return Step.to(state.waiting(new Wait.Down(), now));
        }
        if (late > ActiveDownTimer.trustedLateNanos(state) && ActiveDownTimer.mayRecheck(state, late)) {
            return Step.to(state.checkedAgain(now));
        }
        Cause cause = takeoverCause(state, now);
        // A node that is heard and of a lower priority, or unfit, is meant to be replaced.
        boolean preempts =
                cause == Cause.LOWER_PRIORITY || cause == Cause.OWNER || PeerKnowledge.hearsUnfit(state, now);
        Evidence.Alive served = preempts ? null : PeerKnowledge.servedBy(election, state, now);
        int asked = state.pending() instanceof Wait.Answer(int count) ? count : 0;
        if (served != null && asked < Election.QUESTIONS) {
            return Step.to(state.waiting(new Wait.Answer(asked + 1), now), new Action.Ask());
        }
        String explanation = explainTakeover(election, state, cause, now);
        boolean alone = hold != null && state.situation().isBeatenBy(hold.priority(), hold.source(), election);
        if (served != null) {
            return disbelieve(election, state, served, cause, explanation, alone, now);
        }
        Step taken = Transitions.becomeActive(
                election, state, state.situation(), cause, explanation, state.armedAt(), alone, now);
        return hold == null || !alone ? taken : taken.then(split(election, taken.state(), hold, now));
    }

    private static Step split(Election election, State state, Event.GroupHold hold, long now) {
        return Step.to(
                state,
                new Action.Alarm(
                        AlarmKind.GROUP_SPLIT,
                        "nobody advertises this router, but router " + hold.router() + " of its group follows "
                                + election.named(hold.source()) + " (priority " + hold.priority() + "), last heard "
                                + Words.millis(now - hold.at())
                                + " ago: took over these addresses alone; allow the whole group"
                                + " (IP protocol 112) between the nodes, and configure it alike on both"));
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
        String claim = Words.claim(election, served, now)
                + ", but nobody on the link answered for the addresses, asked " + Election.QUESTIONS + " times in "
                + Words.millis(Election.QUESTIONS * election.questionNanos());
        Situation known = state.situation().withAnswer(null).withAlarm(AlarmKind.FALSE_CLAIM, now);
        // What other routers of the group were told by that peer until now is no sign of a better node either.
        Step taken =
                Transitions.becomeActive(election, state, known, cause, explanation + "; " + claim, now, alone, now);
        return taken.then(Step.to(
                taken.state(),
                new Action.Alarm(AlarmKind.FALSE_CLAIM, claim + ": claim ignored, took over; check that node")));
    }

    /** A peer that says it has the addresses has them, and is believed until the next look. */
    private static Step answered(Election election, Backup state, Event.Answered answer, long now) {
        // A dead node's kernel answers until the lease ends: that makes nobody else's claim true.
        Evidence.Alive served = PeerKnowledge.servedBy(election, state, answer.node(), now);
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
        AlarmKind kind = Words.unheard(served, AlarmKind.VRRP_FILTERED);
        if (!state.situation().isAlarmDue(kind, now)) {
            return Step.to(again);
        }
        Sender active = state.active();
        String silence = active == null
                ? "no advertisement was ever heard"
                : "the last one, of " + election.named(active.source()) + ", was heard "
                        + Words.millis(now - active.at()) + " ago";
        return Step.to(
                again.with(state.situation().withAlarm(kind, now)),
                new Action.Alarm(
                        kind,
                        election.named(served.peer()) + " holds the addresses (" + Words.answer(served, now)
                                + "; MAC " + mac + " answers for them), but its advertisements do not arrive ("
                                + silence + "): not taking over; " + Words.remedy(served)));
    }

    private static Step heard(Election election, Backup state, Event.AdvertReceived heard, long now) {
        Backup listening =
                state.pending() instanceof Wait.Start ? state.waiting(new Wait.Down(), state.armedAt()) : state;
        int own = election.effectivePriority(state.situation().fitness());
        if (heard.priority() == 0) {
            return Step.to(resigned(election, outdated(election, listening, heard, now), heard, now));
        }
        if (heard.priority() == Election.UNFIT_PRIORITY && own > Election.UNFIT_PRIORITY) {
            return Step.to(unfit(election, outdated(election, listening, heard, now), heard, now));
        }
        Sender sender = sender(heard, listening.active(), now);
        // RFC 9568 6.4.2: if Preempt_Mode is False, or the priority is greater than or equal to the local one
        if (heard.priority() >= own) {
            return Step.to(respect(election, listening.hearing(sender, null), heard, now));
        }
        Sender lower = lower(heard, listening.lower(), now);
        if (own == Election.OWNER_PRIORITY) {
            return Step.to(
                    ActiveDownTimer.sooner(election, listening.hearing(listening.active(), lower), Cause.OWNER, now));
        }
        if (election.preempt() && now - lower.since() >= election.takeover().preemptDelayNanos()) {
            return Step.to(listening.hearing(listening.active(), lower));
        }
        return Step.to(respect(election, listening.hearing(sender, lower), heard, now));
    }

    /** What the peer answered before it advertised this is no longer so: it would hold up the handover. */
    private static Backup outdated(Election election, Backup state, Event.AdvertReceived heard, long now) {
        Sender sender = sender(heard, state.active(), now);
        InetAddress peer = PeerKnowledge.nodeOf(election, state, sender);
        if (peer == null || !(state.situation().evidence().probeOf(peer) instanceof Evidence.Alive alive)) {
            return state;
        }
        boolean active = heard.priority() > 0;
        int priority = active ? heard.priority() : alive.priority();
        return state.with(state.situation()
                .withEvidence(new Evidence.Alive(alive.peer(), active, alive.fit() && !active, priority, now)));
    }

    private static Sender sender(Event.AdvertReceived heard, @Nullable Sender before, long now) {
        boolean same = before != null && before.source().equals(heard.source());
        return new Sender(heard.source(), heard.priority(), same && before != null ? before.since() : now, now);
    }

    /** Whoever of a lower priority has the addresses: the delay before it is replaced does not begin anew with another one. */
    private static Sender lower(Event.AdvertReceived heard, @Nullable Sender before, long now) {
        return new Sender(heard.source(), heard.priority(), before == null ? now : before.since(), now);
    }

    private static Backup respect(Election election, Backup state, Event.AdvertReceived heard, long now) {
        return state.learning(election.learnedNanos(heard.intervalNanos())).waiting(new Wait.Down(), now);
    }

    private static Backup resigned(Election election, Backup state, Event.AdvertReceived heard, long now) {
        if (PeerKnowledge.followsAnother(state, heard.source(), now)) {
            return state;
        }
        boolean known = state.active() != null;
        Backup free = state.hearing(null, null);
        if (state.situation().fitness() == Fitness.FIT) {
            // RFC 9568 6.4.2: set the Active_Down_Timer to Skew_Time
            return ActiveDownTimer.sooner(election, free, Cause.PEER_RESIGNED, now);
        }
        // Whoever resigned may be unfit too and comes back after two intervals; a duplicate must not prolong this.
        return known && !(state.pending() instanceof Wait.Return) ? free.waiting(new Wait.Down(), now) : free;
    }

    private static Backup unfit(Election election, Backup state, Event.AdvertReceived heard, long now) {
        if (PeerKnowledge.followsAnother(state, heard.source(), now)) {
            return state;
        }
        Backup following = state.hearing(sender(heard, state.active(), now), null);
        return ActiveDownTimer.sooner(election, following, Cause.PEER_UNFIT, now);
    }

    private static Step fitness(Election election, Backup state, Fitness fitness, String reason, long now) {
        Fitness before = state.situation().fitness();
        Backup judged = state.with(state.situation().withFitness(fitness, reason));
        if (before == Fitness.ISOLATED && fitness != Fitness.ISOLATED) {
            return Step.to(judged.waiting(new Wait.Down(), now));
        }
        if (before != Fitness.FIT && election.effectivePriority(fitness) == Election.OWNER_PRIORITY) {
            return Step.to(ActiveDownTimer.sooner(election, judged, Cause.OWNER, now));
        }
        return Step.to(respectingLower(election, judged, now));
    }

    private static Step told(Election election, Backup state, Evidence evidence, long now) {
        if (!state.situation().evidence().isNews(evidence)) {
            return Step.to(state);
        }
        Backup told = state.with(state.situation().withEvidence(evidence));
        return switch (evidence) {
            case Evidence.Gone gone -> {
                InetAddress peer = gone.peer();
                Sender heard = PeerKnowledge.lastAdvert(election, state, peer);
                if (heard != null && heard.at() - gone.at() >= 0) {
                    yield contradicted(election, told, gone, heard, now);
                }
                Sender active = state.active();
                boolean wasActive = active != null
                        ? active.source().equals(peer)
                                // Of more than two nodes another one may have said that it is active.
                                || (election.peers().size() == 1 && PeerKnowledge.isFrom(election, state, peer, active))
                        : PeerKnowledge.wasActive(state, peer);
                yield wasActive ? activeGone(election, told, gone, heard, now) : Step.to(told);
            }
            // It may hold a takeover up when the timer fires. It brings none forward: who is heard says more by itself.
            case Evidence.Alive _ -> Step.to(told);
        };
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
                        election.named(gone.peer()) + " has refused probes for " + Words.millis(now - gone.at()) + " ("
                                + gone.reason()
                                + "), but its advertisements arrive, the last one "
                                + Words.millis(now - heard.at())
                                + " ago: the node is treated as alive; a firewall rejects the probes: allow the TCP"
                                + " port of its /healthz between the nodes"));
    }

    private static Step activeGone(
            Election election, Backup state, Evidence.Gone gone, @Nullable Sender heard, long now) {
        if (state.situation().fitness() != Fitness.FIT) {
            return Step.to(state);
        }
        boolean isCertain = gone.isClosed();
        if (!PeerKnowledge.knowsAllOthers(election, state, gone.peer(), now)) {
            return Step.to(isCertain ? ActiveDownTimer.sooner(election, state, Cause.PEER_GONE, now) : state);
        }
        int rank = PeerKnowledge.rank(election, state, now);
        // A firewall that begins to reject looks alike: an advertisement that is not late yet will show it.
        long unheardSince = gone.at() - state.armedAt() > 0 ? gone.at() : state.armedAt();
        long from = isCertain ? now : heard == null ? unheardSince : heard.at();
        Backup ahead = state.waiting(new Wait.HeadStart(rank, isCertain), from);
        if (rank == 0 && isCertain) {
            String explanation = "the process of the active node " + election.named(gone.peer()) + " is gone: "
                    + gone.reason() + ", and no better node is known" + lastHeard(election, state, now);
            return Transitions.becomeActive(election, ahead, ahead.situation(), Cause.PEER_GONE, explanation, now, now);
        }
        return Step.to(
                ActiveDownTimer.downAt(election, ahead) - ActiveDownTimer.takeoverAt(election, state) < 0
                        ? ahead
                        : state);
    }

    /** Why this backup would take over, were its wait at an end now. */
    static Cause takeoverCause(Backup state, long now) {
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
        String waited = "waited " + Words.millis(now - state.armedAt()) + " of "
                + Words.millis(ActiveDownTimer.waitNanos(election, state));
        Sender lower = state.lower();
        String lowest = cause == Cause.LOWER_PRIORITY && lower != null
                ? election.named(lower.source()) + " advertises only priority " + lower.priority() + ", "
                : "";
        String down = cause == Cause.ADVERTS_STOPPED
                ? ", down interval "
                        + Words.millis(election.downNanos(election.effectivePriority(fitness), state.intervalNanos()))
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
                        + ") heard " + Words.millis(now - active.at()) + " ago";
    }
}
