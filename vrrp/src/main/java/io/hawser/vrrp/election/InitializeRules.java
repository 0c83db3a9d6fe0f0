package io.hawser.vrrp.election;

import io.hawser.vrrp.election.State.Backup;
import io.hawser.vrrp.election.State.Initialize;
import io.hawser.vrrp.election.State.Situation;
import io.hawser.vrrp.election.State.Wait;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** What a router does that takes no part, RFC 9568 section 6.4.1. Pure, as all of {@link VrrpEngine}; stateless. */
final class InitializeRules {

    private InitializeRules() {}

    static Step on(Election election, Initialize state, Event event, long now) {
        return switch (event) {
            case Event.Tick() -> Step.to(state);
            case Event.AdvertReceived _ -> Step.to(state);
            case Event.Reconfigured() -> Step.to(state);
            case Event.GroupHold _ -> Step.to(state);
            case Event.GroupActive _ -> Step.to(state);
            case Event.GroupLeft _ -> Step.to(state);
            case Event.FitnessChanged(Fitness fitness, String reason) ->
                Step.to(state.with(state.situation().withFitness(fitness, reason)));
            case Event.PeerEvidence(Evidence evidence) ->
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
            return Transitions.becomeActive(
                    election, state, known, Cause.OWNER, "owner of the addresses, " + from, now, now);
        }
        boolean delayed = first && election.takeover().startDelayNanos() > 0;
        Backup backup = Transitions.backup(
                known, delayed ? new Wait.Start() : new Wait.Down(), election.intervalNanos(), null, now);
        String explanation =
                from + ", listening for " + Words.millis(ActiveDownTimer.takeoverAt(election, backup) - now);
        return Step.to(
                backup,
                new Action.Moved(
                        RouterState.INITIALIZE,
                        RouterState.BACKUP,
                        first ? Cause.START : Cause.INTERFACE_UP,
                        explanation));
    }
}
