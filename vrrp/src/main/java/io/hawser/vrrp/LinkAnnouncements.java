package io.hawser.vrrp;

import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.vrrp.election.AlarmKind;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.nio.ByteBuffer;
import java.util.OptionalLong;

/**
 * Tells the neighbours on the link where the addresses of one virtual router are: gratuitous ARP and unsolicited
 * neighbour advertisements, at the times of {@link Announcer}. Vrrp thread.
 */
final class LinkAnnouncements {
    private final NetworkLink port;
    private final AddressCarrier carrier;
    private final AddressLeases leases;
    private final RouterAlarms alarms;
    private final ByteBuffer frame = ByteBuffer.allocate(UnsolicitedNeighborAdvertisement.LENGTH);
    private RouterSpec spec;
    private Announcer announcer;

    LinkAnnouncements(
            RouterSpec spec, NetworkLink port, AddressCarrier carrier, AddressLeases leases, RouterAlarms alarms) {
        this.spec = spec;
        this.port = port;
        this.carrier = carrier;
        this.leases = leases;
        this.alarms = alarms;
        this.announcer = new Announcer(spec.holding().announce());
    }

    /** Takes new parameters; a burst that runs goes on unless how to announce has changed. */
    void reconfigure(RouterSpec next) {
        if (!spec.holding().announce().equals(next.holding().announce())) {
            announcer = new Announcer(next.holding().announce());
        }
        spec = next;
    }

    /** Begins a burst, with the next {@link #upkeep}. */
    void burst(long now) {
        announcer.burst(now);
    }

    /** Announces nothing any more. */
    void stop() {
        announcer.stop();
    }

    /** Announces what is due. */
    void upkeep(long now) {
        while (canAnnounce() && announcer.poll(now)) {
            announce(now);
        }
    }

    /** When {@link #upkeep} is due, or {@code latest} if that is sooner. */
    long dueAt(long latest) {
        OptionalLong announcement = announcer.deadline();
        return canAnnounce() && announcement.isPresent() && announcement.getAsLong() - latest < 0
                ? announcement.getAsLong()
                : latest;
    }

    private boolean canAnnounce() {
        return leases.isHolding() && !leases.present().isEmpty();
    }

    private void announce(long now) {
        Mac mac = carrier.mac();
        if (port.mac() == null || mac == null) {
            return;
        }
        try {
            for (VirtualAddress each : spec.holding().addresses()) {
                // RFC 9568 8.1.2, 8.2.2: not before the address and its MAC address are there.
                if (!leases.present().contains(each.address())) {
                    continue;
                }
                frame.clear();
                switch (each.address()) {
                    case Inet4Address four -> GratuitousArp.encode(frame, mac.bytes(), four);
                    case Inet6Address six -> UnsolicitedNeighborAdvertisement.encode(frame, mac.bytes(), six, true);
                    default -> throw new IllegalStateException("address of unknown family " + each);
                }
                port.sendFrame(frame.flip());
            }
        } catch (ErrnoException | IllegalStateException e) {
            alarms.complain(
                    AlarmKind.CANNOT_SEND, "frames", () -> "announcing the addresses failed: " + e.getMessage(), now);
        }
    }
}
