package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.vrrp.RouterSpec.Checksum;
import io.hawser.vrrp.RouterSpec.Transport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A VRRP router for addresses of one family on one interface. Immutable; everything that the file leaves open is decided here.
 *
 * @param name unique among the virtual routers
 * @param id VRID, 1 to 255, unique on its interface and family
 * @param version 2 or 3; version 2 is for IPv4 only
 * @param addresses the virtual addresses, at least one, all of one family; over IPv6 the first is link-local
 * @param interfaceName the interface that carries them, which may be missing now; {@link #NOT_KNOWN_YET} when its name is
 * @param advertisementInterval 10 ms to 40.95 s in steps of 10 ms; in version 2 whole seconds up to 255 s
 * @param transport how advertisements travel; unicast only where every node has an address of the family
 * @param preempt whether a node of higher priority takes the addresses from a working one
 * @param checksum which IPv4 checksum is sent; both are accepted
 * @param password of version 2; empty: none
 * @param lease lifetime of an address in the kernel, whole seconds; empty: it stays until it is removed
 * @param announce how moved addresses are announced
 * @param track what decides whether this node may hold the addresses
 * @param virtualMac whether the addresses are on an interface of their own with the virtual router's MAC address
 * @param accept whether the active node takes packets to the addresses although it does not own them (Accept_Mode of RFC 9568 6.1)
 * @param group routers with the same one are active on the same node; empty: it moves alone
 * @param notifyCommands what is run when its state changes, in this order
 * @param longestInterval the longest interval believed of a peer's advertisement, at least {@code advertisementInterval}
 * @param startDelay what the first wait after the start lasts longer, unless an advertisement is heard
 */
public record VirtualRouter(
        String name,
        int id,
        int version,
        List<Cidr> addresses,
        String interfaceName,
        Duration advertisementInterval,
        Transport transport,
        Preempt preempt,
        Checksum checksum,
        Optional<Password> password,
        Optional<Duration> lease,
        Announce announce,
        Track track,
        boolean virtualMac,
        boolean accept,
        Optional<String> group,
        List<NotifyCommand> notifyCommands,
        Duration longestInterval,
        Duration startDelay) {

    /**
     * The interface of a router that is to use the one with the node's address, as long as none has it. No interface is called
     * so: the name is longer than the kernel's may be.
     */
    public static final String NOT_KNOWN_YET = "with the node's address";

    public VirtualRouter {
        requireNonNull(name, "name");
        addresses = List.copyOf(addresses);
        requireNonNull(interfaceName, "interfaceName");
        requireNonNull(advertisementInterval, "advertisementInterval");
        requireNonNull(transport, "transport");
        requireNonNull(preempt, "preempt");
        requireNonNull(checksum, "checksum");
        requireNonNull(password, "password");
        requireNonNull(lease, "lease");
        requireNonNull(announce, "announce");
        requireNonNull(track, "track");
        requireNonNull(group, "group");
        notifyCommands = List.copyOf(notifyCommands);
        requireNonNull(longestInterval, "longestInterval");
        requireNonNull(startDelay, "startDelay");
    }
}
