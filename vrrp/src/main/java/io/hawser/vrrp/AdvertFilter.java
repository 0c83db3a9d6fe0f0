package io.hawser.vrrp;

import io.hawser.sysctl.linux.Datagram;
import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.State;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Decides which advertisements with the VRID of a router reach its engine: those in its version, with its password, by
 * its transport, from its nodes, and within their allowance. Vrrp thread.
 */
final class AdvertFilter {
    private final RouterAlarms alarms;
    private final Allowances allowances = new Allowances();
    private RouterSpec spec;

    AdvertFilter(RouterSpec spec, RouterAlarms alarms) {
        this.alarms = alarms;
        this.spec = spec;
        allowances.peers(spec.nodes().peers());
    }

    /** Takes new parameters. */
    void reconfigure(RouterSpec next) {
        spec = next;
        allowances.peers(next.nodes().peers());
    }

    /**
     * Returns why an advertisement is discarded, and raises an alarm where that is a mistake; null: it is accepted.
     *
     * @param state the router's state on its arrival
     */
    @Nullable
    DiscardReason refuse(Datagram packet, Advertisement advert, State state, long now) {
        DiscardReason reason = breach(packet, advert, state);
        if (reason == DiscardReason.UNLISTED_PEER) {
            alarms.complainOf(
                    AlarmKind.FOREIGN_SENDER,
                    packet.source(),
                    () -> " advertises VRID " + spec.vrid() + " with priority " + advert.priority()
                            + " and is not in the list of nodes: add it, or choose another id",
                    now);
        }
        if (reason == DiscardReason.VERSION) {
            alarms.complainOf(AlarmKind.OTHER_VERSION, packet.source(), () -> otherVersion(advert), now);
        }
        if (reason == null && !allowances.take(packet.source(), isFollowed(packet.source(), state), now)) {
            return DiscardReason.FLOOD;
        }
        return reason;
    }

    /** The first rule that it breaks; null when it breaks none. */
    private @Nullable DiscardReason breach(Datagram packet, Advertisement advert, State state) {
        if (isOwn(packet.source(), state)) {
            return DiscardReason.OWN_PACKET;
        }
        if (advert.version() != spec.protocol().version()) {
            return DiscardReason.VERSION;
        }
        if (spec.protocol().version() == 2) {
            Authentication own = spec.protocol().authentication();
            if (advert.authentication().type() != own.type()) {
                return DiscardReason.AUTH_TYPE;
            }
            if (!own.sameData(advert.authentication())) {
                return DiscardReason.AUTH_DATA;
            }
            // RFC 3768 7.1: the Adver Interval MUST be the locally configured one.
            if (advert.intervalNanos() != spec.intervals().own().toNanos()) {
                return DiscardReason.INTERVAL_MISMATCH;
            }
        }
        boolean toGroup = packet.destination().isMulticastAddress();
        if (toGroup != (spec.protocol().transport() == RouterSpec.Transport.MULTICAST)) {
            return DiscardReason.DESTINATION;
        }
        if (!toGroup && !spec.nodes().peers().contains(packet.source())) {
            return DiscardReason.UNLISTED_PEER;
        }
        return state instanceof State.Initialize ? DiscardReason.NOT_LISTENING : null;
    }

    private boolean isOwn(InetAddress source, State state) {
        if (source.equals(spec.nodes().own())) {
            return true;
        }
        InetAddress primary = state.situation().primary();
        return primary != null && primary.equals(source);
    }

    /** Whether this is the node whose advertisements keep this one a backup. */
    private static boolean isFollowed(InetAddress source, State state) {
        return state instanceof State.Backup backup
                && backup.active() != null
                && backup.active().source().equals(source);
    }

    private String otherVersion(Advertisement advert) {
        String remedy = spec.protocol().version() == 3
                ? "write \"vrrp_version 3\" there (Keepalived's own default is 2), or \"version: 2\" here"
                : "write \"version: 3\" here, or version 2 there";
        return " advertises VRID " + spec.vrid() + " with priority " + advert.priority()
                + " in VRRP version " + advert.version() + ", this node in version "
                + spec.protocol().version()
                + ": neither hears the other, and both may hold the addresses; " + remedy
                + ", or give one of them another id";
    }
}
