package io.hawser.lb.daemon;

import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Severity;
import io.hawser.vrrp.election.Evidence;
import java.util.function.Supplier;

/** Hands on what the probes tell of the other nodes: evidence to the virtual routers, changes to the event log. On the health loop. */
final class PeerEvents implements Peers.Sink {
    private final EventLog events;
    private final Supplier<VirtualRouters> routers;

    PeerEvents(EventLog events, Supplier<VirtualRouters> routers) {
        this.events = events;
        this.routers = routers;
    }

    @Override
    public void evidence(String router, Evidence evidence) {
        routers.get().evidence(router, evidence);
    }

    @Override
    public void changed(Peers.View before, Peers.View now) {
        if (before.isUp() == now.isUp() && isFit(before) == isFit(now)) {
            return;
        }
        events.append(
                "peer",
                isFit(now) ? Severity.INFO : Severity.WARNING,
                now.node().name(),
                words(now));
    }

    private static String words(Peers.View peer) {
        if (!peer.isUp()) {
            return "does not answer: " + peer.problem();
        }
        return isFit(peer) ? "answers, and can serve" : "answers, and cannot serve";
    }

    private static boolean isFit(Peers.View peer) {
        return peer.health() != null && peer.health().fit();
    }
}
