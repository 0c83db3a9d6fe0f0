package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.net.InetSocketAddress;
import java.util.OptionalInt;

/**
 * One server of a pool. Immutable.
 *
 * @param name unique in its pool; its address as written when the file gives no name
 * @param address resolved, or unresolved while its name does not resolve; {@link InetSocketAddress#getHostString()} is what
 *     the file says
 * @param weight share relative to the other members, 0 to 1000; 0: no new connections
 * @param isBackup whether it is used only while no other member is up
 * @param maxConnections most connections of this process at a time; empty: no limit
 */
public record Member(String name, InetSocketAddress address, int weight, boolean isBackup, OptionalInt maxConnections) {
    public Member {
        requireNonNull(name, "name");
        requireNonNull(address, "address");
        requireNonNull(maxConnections, "maxConnections");
    }
}
