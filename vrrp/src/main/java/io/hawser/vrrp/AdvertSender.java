package io.hawser.vrrp;

import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.election.AlarmKind;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the advertisements of one virtual router to its group or to each peer, with the checksum form that they send.
 * Vrrp thread, except {@link #sent}, which any thread may call.
 */
final class AdvertSender {
    private static final Logger log = LoggerFactory.getLogger(AdvertSender.class);

    private final NetworkLink port;
    private final RouterAlarms alarms;
    /** The virtual MAC address; null where the addresses are on the interface itself. */
    private final @Nullable Mac virtualMac;

    private final ChecksumForms forms;
    private final LongAdder sent = new LongAdder();
    private final ByteBuffer message = ByteBuffer.allocate(Advertisement.MAXIMUM_LENGTH + Authentication.LENGTH);
    private final ByteBuffer frame = ByteBuffer.allocate(AdvertisementFrame.HEADERS + message.capacity());
    private RouterSpec spec;

    AdvertSender(RouterSpec spec, NetworkLink port, @Nullable Mac virtualMac, RouterAlarms alarms) {
        this.port = port;
        this.alarms = alarms;
        this.virtualMac = virtualMac;
        this.forms = new ChecksumForms(firstForm(spec));
        this.spec = spec;
    }

    // RFC 9568 5.2.8 wants no pseudo-header over IPv4, but keepalived 2.2 and others discard that form: the first one
    // sent, before any peer was heard, has to be one that everybody takes.
    private static ChecksumForm firstForm(RouterSpec spec) {
        boolean six = spec.family() == Family.IPV6;
        if (spec.protocol().version() == 2) {
            return ChecksumForm.MESSAGE;
        }
        return six || spec.protocol().checksum() != RouterSpec.Checksum.RFC9568
                ? ChecksumForm.PSEUDO_HEADER
                : ChecksumForm.MESSAGE;
    }

    /** Takes new parameters; what was heard of checksums stays known unless the way to choose them changed. */
    void reconfigure(RouterSpec next) {
        if (spec.protocol().checksum() != next.protocol().checksum()) {
            forms.reset(firstForm(next));
        }
        spec = next;
    }

    /** How many advertisements were sent, one for each destination. Any thread. */
    long sent() {
        return sent.sum();
    }

    /** Takes note of the checksum form of an accepted advertisement: sends what the peers send. */
    void heard(InetAddress peer, int priority, ChecksumForm form, long now) {
        if (spec.protocol().version() != 3 || spec.protocol().checksum() != RouterSpec.Checksum.AUTO) {
            return;
        }
        ChecksumForms.Outcome outcome = spec.protocol().transport() == RouterSpec.Transport.UNICAST
                ? forms.heardFromPeer(peer, form, now)
                : forms.heardInGroup(peer, spec.nodes().peers().contains(peer), priority, form, now);
        switch (outcome) {
            case SAME -> {}
            case CHANGED ->
                log.atInfo()
                        .addKeyValue("router", spec.name())
                        .addKeyValue("peer", AddressText.of(peer))
                        .addKeyValue("form", form)
                        .log("sending the checksum form that the peer sends");
            case DIFFERS ->
                alarms.complainOf(
                        AlarmKind.OTHER_CHECKSUM,
                        peer,
                        () -> " sends checksums " + words(form) + ", but this node sends the group checksums "
                                + words(forms.toGroup())
                                + ": that node may discard them; make all nodes send one form, or switch"
                                + " transport to unicast",
                        now);
        }
    }

    private static String words(ChecksumForm form) {
        return switch (form) {
            case MESSAGE -> "over the message alone";
            case PSEUDO_HEADER -> "with a pseudo-header";
        };
    }

    /**
     * Sends one advertisement to everybody.
     *
     * @param source the address that it leaves from; null: there is none, and nothing is sent
     */
    void send(int priority, @Nullable InetAddress source, long now) {
        if (source == null) {
            return;
        }
        if (spec.protocol().transport() == RouterSpec.Transport.MULTICAST) {
            send(priority, source, MulticastGroup.of(spec.family()), now);
        } else {
            for (InetAddress peer : spec.nodes().peers()) {
                send(priority, source, peer, now);
            }
        }
    }

    private void send(int priority, InetAddress source, InetAddress destination, long now) {
        Advertisement advert = new Advertisement(
                spec.protocol().version(),
                spec.vrid(),
                priority,
                spec.intervals().own().toNanos(),
                spec.holding().addresses().stream().map(VirtualAddress::address).toList(),
                spec.protocol().version() == 2 ? spec.protocol().authentication() : Authentication.NONE);
        message.clear();
        advert.encode(message, source, destination, form(destination));
        message.flip();
        try {
            if (virtualMac != null && destination.isMulticastAddress()) {
                frame.clear();
                AdvertisementFrame.encode(frame, virtualMac, source, message);
                port.sendFrame(frame.flip());
            } else {
                // To a peer from the interface's own MAC address: asking for the peer's from another one would make the
                // peer send everything for this node there.
                port.send(source, destination, message);
            }
            sent.increment();
        } catch (ErrnoException | IllegalStateException e) {
            alarms.complain(
                    AlarmKind.CANNOT_SEND,
                    destination,
                    () -> "advertising to " + AddressText.of(destination) + " failed: " + e.getMessage(),
                    now);
        }
    }

    private ChecksumForm form(InetAddress destination) {
        return destination.isMulticastAddress() ? forms.toGroup() : forms.toPeer(destination);
    }
}
