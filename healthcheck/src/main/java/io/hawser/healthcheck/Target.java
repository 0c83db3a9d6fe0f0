package io.hawser.healthcheck;

import static java.util.Objects.requireNonNull;

import java.net.InetSocketAddress;

/**
 * A member of a pool at an address: what is watched. The same member at another address is another target.
 *
 * @param pool the pool's name, as in metrics
 * @param member the member's name, as in metrics
 * @param address where its clients are sent; resolved, because a look-up would block the health loop
 */
public record Target(String pool, String member, InetSocketAddress address) {
    public Target {
        requireNonNull(pool, "pool");
        requireNonNull(member, "member");
        requireNonNull(address, "address");
        if (address.isUnresolved()) {
            throw new IllegalArgumentException(
                    "member \"%s\" of pool \"%s\": address \"%s\" is not resolved".formatted(member, pool, address));
        }
    }
}
