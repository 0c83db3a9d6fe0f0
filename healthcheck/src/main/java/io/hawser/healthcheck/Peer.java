package io.hawser.healthcheck;

import static java.util.Objects.requireNonNull;

import java.net.InetSocketAddress;

/**
 * Another load-balancer node.
 *
 * @param name its name in the configuration
 * @param address where its /healthz is; resolved
 */
public record Peer(String name, InetSocketAddress address) {
    public Peer {
        requireNonNull(name, "name");
        requireNonNull(address, "address");
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("node \"%s\": address \"%s\" is not resolved".formatted(name, address));
        }
    }
}
