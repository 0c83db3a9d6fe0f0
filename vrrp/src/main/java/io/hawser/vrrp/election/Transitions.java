package io.hawser.vrrp.election;

import io.hawser.vrrp.election.State.Active;
import io.hawser.vrrp.election.State.Backup;
import io.hawser.vrrp.election.State.Initialize;
import io.hawser.vrrp.election.State.Sender;
import io.hawser.vrrp.election.State.Situation;
import io.hawser.vrrp.election.State.Wait;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ways into a state that several states have. Stateless. */
final class Transitions {

    private Transitions() {}

    /** Takes the addresses, with nobody of the group elsewhere. */
    static Step becomeActive(
            Election election,
            State before,
            Situation known,
            Cause cause,
            String explanation,
            long quietSince,
            long now) {
        return becomeActive(election, before, known, cause, explanation, quietSince, false, now);
    }

    /**
     * Takes the addresses.
     *
     * @param quietSince since when nobody had been heard
     * @param alone whether another router of the group follows a better node
     */
    static Step becomeActive(
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

    /**
     * Takes no part any longer: the interface is down, or has no address to advertise from.
     *
     * @param up whether it is the address that is missing
     */
    static Step interfaceLost(State before, boolean up) {
        Cause cause = up ? Cause.NO_PRIMARY_ADDRESS : Cause.INTERFACE_DOWN;
        String explanation = up
                ? "the interface has no address to advertise from any more; it had "
                        + Words.primaryText(before.situation())
                : "the interface is down or has no carrier";
        List<Action> actions = new ArrayList<>(2);
        if (before instanceof Active) {
            actions.add(new Action.RemoveAddresses());
        }
        actions.add(new Action.Moved(before.name(), RouterState.INITIALIZE, cause, explanation));
        return new Step(new Initialize(before.situation().withPrimary(null), cause), actions);
    }

    /** A backup that begins to wait now, and has heard of no worse node. */
    static Backup backup(Situation known, Wait wait, long intervalNanos, @Nullable Sender active, long now) {
        return new Backup(known, now, wait, intervalNanos, active, null, 0);
    }
}
