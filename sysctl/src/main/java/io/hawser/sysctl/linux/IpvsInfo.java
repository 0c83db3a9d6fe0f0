package io.hawser.sysctl.linux;

/**
 * What the kernel says of its IPVS. Immutable.
 *
 * @param version such as {@code 1.2.1}
 * @param buckets of the table of connections
 */
public record IpvsInfo(String version, int buckets) {}
