package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.admission.AccessRules;
import io.hawser.lb.proxy.ListenerPlan.Greeting;
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
 * @param routing where its connections go
 * @param greeting what clients may have to say first
 * @param idleTimeout a connection without a byte either way for this long is closed
 * @param connections most connections at a time; empty: only the process's limit
 * @param whenNoMember what clients see while no member can be used
 * @param access who may connect, and how often
 * @param tls how TLS is ended here; empty: the bytes are passed on as they are
 * @param accessLog which connections are logged
 */
public record Listener(
        String name,
        List<InetSocketAddress> bind,
        Routing routing,
        Greeting greeting,
        Duration idleTimeout,
        OptionalInt connections,
        WhenNoMember whenNoMember,
        AccessRules access,
        Optional<ListenerTls> tls,
        AccessLog accessLog) {

    /**
     * Where the connections of a listener go, by what their ClientHello says. Immutable.
     *
     * @param routes the first that fits counts
     * @param rest name of a pool of the same configuration, which takes what no route takes; empty: that is closed
     */
    public record Routing(List<Route> routes, Optional<String> rest) {
        public Routing {
            routes = List.copyOf(routes);
            requireNonNull(rest, "rest");
        }
    }

    public Listener {
        requireNonNull(name, "name");
        bind = List.copyOf(bind);
        requireNonNull(routing, "routing");
        requireNonNull(greeting, "greeting");
        requireNonNull(idleTimeout, "idleTimeout");
        requireNonNull(connections, "connections");
        requireNonNull(whenNoMember, "whenNoMember");
        requireNonNull(access, "access");
        requireNonNull(tls, "tls");
        requireNonNull(accessLog, "accessLog");
    }

    /** The names of all pools that its connections may go to, the one for the rest last; at least one. */
    public List<String> pools() {
        return Stream.concat(routing.routes().stream().map(Route::pool), routing.rest().stream())
                .distinct()
                .toList();
    }
}
