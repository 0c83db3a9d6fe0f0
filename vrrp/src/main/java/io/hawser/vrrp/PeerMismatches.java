package io.hawser.vrrp;

import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.Election;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Raises alarms for advertisements that are valid but do not match this node: mostly a mistake in one of the
 * configurations. Vrrp thread.
 */
final class PeerMismatches {
    private final RouterAlarms alarms;
    private RouterSpec spec;

    PeerMismatches(RouterSpec spec, RouterAlarms alarms) {
        this.alarms = alarms;
        this.spec = spec;
    }

    /** Takes new parameters. */
    void reconfigure(RouterSpec next) {
        spec = next;
    }

    /** Compares an accepted advertisement with this router. */
    void compare(InetAddress peer, Advertisement advert, long now) {
        compareSender(peer, advert, now);
        if (advert.intervalNanos() != spec.intervals().own().toNanos()) {
            alarms.complainOf(
                    AlarmKind.OTHER_INTERVAL,
                    peer,
                    () -> " advertises every " + advert.intervalNanos() / 1_000_000
                            + " ms, this node every " + spec.intervals().own().toMillis()
                            + " ms: write the same advertisement-interval on both",
                    now);
        }
        compareAddresses(peer, advert, now);
    }

    private void compareSender(InetAddress peer, Advertisement advert, long now) {
        // Over IPv6 multicast peers are heard under another address than they are listed with.
        boolean isListable = spec.protocol().transport() == RouterSpec.Transport.MULTICAST
                && !spec.nodes().peers().isEmpty()
                && spec.nodes().peers().stream().anyMatch(each -> Family.of(each) == Family.of(peer))
                && !peer.isLinkLocalAddress();
        if (isListable && !spec.nodes().peers().contains(peer)) {
            alarms.complainOf(
                    AlarmKind.FOREIGN_SENDER,
                    peer,
                    () -> " advertises VRID " + spec.vrid() + " with priority " + advert.priority()
                            + " and is not in the list of nodes: add it, or choose another id",
                    now);
        }
        if (advert.priority() == spec.nodes().priority()) {
            alarms.complainOf(
                    AlarmKind.SAME_PRIORITY,
                    peer,
                    () -> " has the same priority " + advert.priority()
                            + (advert.priority() == Election.OWNER_PRIORITY
                                    ? ", so both nodes are owners of the addresses: only one may be"
                                    : ": give each node its own, or the higher address decides"),
                    now);
        }
    }

    private void compareAddresses(InetAddress peer, Advertisement advert, long now) {
        Set<InetAddress> own =
                spec.holding().addresses().stream().map(VirtualAddress::address).collect(Collectors.toSet());
        if (!own.equals(Set.copyOf(new HashSet<>(advert.addresses())))) {
            alarms.complainOf(
                    AlarmKind.OTHER_ADDRESSES,
                    peer,
                    () -> " advertises "
                            + advert.addresses().stream().map(AddressText::of).collect(Collectors.joining(", "))
                            + ", this node has "
                            + spec.holding().addresses().stream()
                                    .map(VirtualAddress::toString)
                                    .collect(Collectors.joining(", "))
                            + ": either another cluster uses the same id, or the nodes' files differ",
                    now);
        }
    }
}
