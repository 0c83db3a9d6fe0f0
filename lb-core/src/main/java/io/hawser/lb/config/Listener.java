package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/**
 * Where TCP connections are accepted and which pool they go to. Immutable.
 *
 * @param name unique among the listeners
 * @param bind addresses to listen on, at least one; they need not be on this host yet
 * @param pool name of a pool of the same configuration
 * @param idleTimeout a connection without a byte either way for this long is closed
 * @param connections most connections at a time; empty: only the process's limit
 * @param whenNoMember what clients see while no member can be used
 */
public record Listener(
        String name,
        List<InetSocketAddress> bind,
        String pool,
        Duration idleTimeout,
        OptionalInt connections,
        WhenNoMember whenNoMember) {

    public Listener {
        requireNonNull(name, "name");
        bind = List.copyOf(bind);
        requireNonNull(pool, "pool");
        requireNonNull(idleTimeout, "idleTimeout");
        requireNonNull(connections, "connections");
        requireNonNull(whenNoMember, "whenNoMember");
    }
}
