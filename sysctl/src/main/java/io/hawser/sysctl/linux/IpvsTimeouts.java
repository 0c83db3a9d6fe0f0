package io.hawser.sysctl.linux;

/**
 * After how many seconds without a packet an entry of the table of IPVS ends. Immutable.
 *
 * @param tcp of an established connection, 1 or more; 0 leaves it as it is
 * @param tcpFin of one that is being closed; 0 leaves it as it is
 * @param udp of UDP; 0 leaves it as it is
 */
public record IpvsTimeouts(int tcp, int tcpFin, int udp) {}
