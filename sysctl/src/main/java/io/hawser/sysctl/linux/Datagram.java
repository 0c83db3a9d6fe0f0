package io.hawser.sysctl.linux;

import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * An IP datagram as a raw socket received it.
 *
 * @param source the sender; link-local IPv6 addresses carry the interface as scope
 * @param destination where it was sent to: a unicast address of this host or a group
 * @param ttl time to live or hop limit on arrival, 0 to 255, or -1 if the kernel did not say
 * @param interfaceIndex the interface it came in by, or 0 if the kernel did not say
 * @param payload what follows the IP header, read-only, in network byte order; a view of the socket's buffer, valid
 *     until the next receive on that socket; empty when the IPv4 header contradicts what was received
 */
public record Datagram(InetAddress source, InetAddress destination, int ttl, int interfaceIndex, ByteBuffer payload) {}
