package io.hawser.sysctl.linux;

import java.net.InetAddress;
import java.util.Objects;

/**
 * A destination of a virtual service of IPVS. Immutable.
 *
 * @param address its address
 * @param port its port, 0 to 65535; only {@link IpvsForwarding#NAT} uses it
 * @param forwarding how packets reach it
 * @param weight its share of the new connections, 0 or more; with 0 it gets none and keeps those it has
 * @param upperThreshold from how many connections on it gets no new ones; 0 for no limit
 * @param lowerThreshold below how many it gets some again; 0 for three quarters of the upper one
 * @param connections what it has now
 * @param counters what it has carried since it was made
 */
public record IpvsDestination(
        InetAddress address,
        int port,
        IpvsForwarding forwarding,
        int weight,
        int upperThreshold,
        int lowerThreshold,
        Connections connections,
        IpvsCounters counters) {
    /**
     * Entries of the kernel's table.
     *
     * @param active established ones; of UDP always 0
     * @param inactive all others
     * @param persistent templates of clients that stay
     */
    public record Connections(long active, long inactive, long persistent) {
        /** No entry. */
        public static final Connections NONE = new Connections(0, 0, 0);
    }

    /** Checks the ranges. */
    public IpvsDestination {
        Objects.requireNonNull(address, "address");
        Objects.requireNonNull(forwarding, "forwarding");
        if (port < 0 || port > 0xFFFF) {
            throw new IllegalArgumentException("port " + port);
        }
    }

    /** A destination without connections or thresholds. */
    public IpvsDestination(InetAddress address, int port, IpvsForwarding forwarding, int weight) {
        this(address, port, forwarding, weight, 0, 0, Connections.NONE, IpvsCounters.NONE);
    }

    /** Whether both are the same destination, whatever its weight. */
    public boolean isSame(IpvsDestination other) {
        return port == other.port && address.equals(other.address);
    }

    /** Whether the kernel would do the same with both, whatever they have carried. */
    public boolean isLike(IpvsDestination other) {
        return isSame(other)
                && forwarding == other.forwarding
                && weight == other.weight
                && upperThreshold == other.upperThreshold
                && lowerThreshold == other.lowerThreshold;
    }
}
