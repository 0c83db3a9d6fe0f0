package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A VRRP version 3 router for IPv4 addresses on one interface. Immutable; everything that the file leaves open is decided here.
 *
 * @param name unique among the virtual routers
 * @param id VRID, 1 to 255, unique on its interface
 * @param addresses the virtual addresses, at least one
 * @param interfaceName the interface that carries them; it existed when the file was read
 * @param advertisementInterval 10 ms to 40.95 s in steps of 10 ms
 * @param transport how advertisements travel
 * @param preempt whether a node of higher priority takes the addresses from a working one
 * @param checksum which IPv4 checksum is sent; both are accepted
 * @param lease lifetime of an address in the kernel, whole seconds; empty: it stays until it is removed
 * @param announce how moved addresses are announced
 * @param track what decides whether this node may hold the addresses
 */
public record VirtualRouter(
        String name,
        int id,
        List<Cidr> addresses,
        String interfaceName,
        Duration advertisementInterval,
        Transport transport,
        Preempt preempt,
        Checksum checksum,
        Optional<Duration> lease,
        Announce announce,
        Track track) {

    public VirtualRouter {
        requireNonNull(name, "name");
        addresses = List.copyOf(addresses);
        requireNonNull(interfaceName, "interfaceName");
        requireNonNull(advertisementInterval, "advertisementInterval");
        requireNonNull(transport, "transport");
        requireNonNull(preempt, "preempt");
        requireNonNull(checksum, "checksum");
        requireNonNull(lease, "lease");
        requireNonNull(announce, "announce");
        requireNonNull(track, "track");
    }
}
