package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.net.InetSocketAddress;

/**
 * One server of a pool. Immutable.
 *
 * @param name unique in its pool; its address as written when the file gives no name
 * @param address resolved; {@link InetSocketAddress#getHostString()} is what the file says
 * @param weight share relative to the other members, 0 to 1000; 0: no new connections
 */
public record Member(String name, InetSocketAddress address, int weight) {
    public Member {
        requireNonNull(name, "name");
        requireNonNull(address, "address");
    }
}
