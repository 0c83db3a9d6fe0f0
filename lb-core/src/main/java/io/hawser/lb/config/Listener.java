package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.proxy.WhenNoMember;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Where TCP connections are accepted and which pool they go to. Immutable.
 *
 * @param name unique among the listeners
 * @param bind addresses to listen on, at least one; they need not be on this host yet
 * @param pool name of a pool of the same configuration, which takes what no route takes; empty: that is closed
 * @param idleTimeout a connection without a byte either way for this long is closed
 * @param connections most connections at a time; empty: only the process's limit
 * @param whenNoMember what clients see while no member can be used
 * @param routes where else connections go, by what their TLS hello says; the first that fits counts
 * @param tls how TLS is ended here; empty: the bytes are passed on as they are
 * @param sources who may connect, and how often
 * @param helloTimeout a TLS hello or PROXY header that is waited for must be complete by then
 * @param accessLog which connections are logged
 */
public record Listener(
        String name,
        List<InetSocketAddress> bind,
        Optional<String> pool,
        Duration idleTimeout,
        OptionalInt connections,
        WhenNoMember whenNoMember,
        List<Route> routes,
        Optional<ListenerTls> tls,
        Sources sources,
        Duration helloTimeout,
        AccessLog accessLog) {

    public Listener {
        requireNonNull(name, "name");
        bind = List.copyOf(bind);
        requireNonNull(pool, "pool");
        requireNonNull(idleTimeout, "idleTimeout");
        requireNonNull(connections, "connections");
        requireNonNull(whenNoMember, "whenNoMember");
        routes = List.copyOf(routes);
        requireNonNull(tls, "tls");
        requireNonNull(sources, "sources");
        requireNonNull(helloTimeout, "helloTimeout");
        requireNonNull(accessLog, "accessLog");
    }

    /** The names of all pools that its connections may go to, the one for the rest last; at least one. */
    public List<String> pools() {
        return Stream.concat(routes.stream().map(Route::pool), pool.stream())
                .distinct()
                .toList();
    }
}
