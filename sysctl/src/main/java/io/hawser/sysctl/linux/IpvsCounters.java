package io.hawser.sysctl.linux;

/**
 * What a service or a destination of IPVS has carried since it was made; from an old kernel each counter of packets starts
 * again after 2^32. Immutable.
 *
 * @param connections connections scheduled
 * @param inPackets packets from clients
 * @param outPackets packets to clients; with direct forwarding and tunnels they do not pass here
 * @param inBytes bytes from clients, with headers
 * @param outBytes bytes to clients, with headers
 */
public record IpvsCounters(long connections, long inPackets, long outPackets, long inBytes, long outBytes) {
    /** Nothing. */
    public static final IpvsCounters NONE = new IpvsCounters(0, 0, 0, 0, 0);
}
