package io.hawser.lb.proxy;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.inspect.TlsHello;
import io.hawser.sysctl.net.HostName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which pool a connection goes to, by the server name and the protocols (ALPN) of its ClientHello. Immutable.
 *
 * <p>The first route that fits counts, in the order given. Finding it takes two look-ups by name, however many there are.
 */
public final class Routes {
    private static final String ANY_LABEL = "*.";

    /**
     * One route; it fits when both parts do.
     *
     * @param names host names, or {@code *.} and the rest: any one label in its place, as in certificates (RFC 9525 6.3),
     *     so {@code *.b.example} fits {@code a.b.example} and neither {@code b.example} nor {@code c.a.b.example}; empty
     *     for any hello, also one without a name
     * @param alpn protocols, one of which the client must offer; empty for any
     * @param pool where it leads
     */
    public record Route(Set<String> names, Set<String> alpn, Pool pool) {
        public Route {
            names = canonical(names);
            alpn = Set.copyOf(alpn);
            requireNonNull(pool, "pool");
        }

        private static Set<String> canonical(Set<String> names) {
            Set<String> lower = new LinkedHashSet<>();
            names.forEach(name -> lower.add(HostName.canonical(name)));
            return Set.copyOf(lower);
        }
    }

    private final List<Route> routes;
    private final @Nullable Pool rest;
    private final Map<String, List<Integer>> byName = new HashMap<>();
    private final List<Integer> forAnyName = new ArrayList<>();
    private final Set<Pool> pools = new LinkedHashSet<>();

    private Routes(List<Route> routes, @Nullable Pool rest) {
        this.routes = List.copyOf(routes);
        this.rest = rest;
        for (int i = 0; i < routes.size(); i++) {
            Route route = routes.get(i);
            pools.add(route.pool());
            if (route.names().isEmpty()) {
                forAnyName.add(i);
            }
            for (String name : route.names()) {
                byName.computeIfAbsent(name, _ -> new ArrayList<>()).add(i);
            }
        }
        if (rest != null) {
            pools.add(rest);
        }
        if (pools.isEmpty()) {
            throw new IllegalArgumentException("there is neither a route nor a pool for the rest");
        }
    }

    /** Everything goes to one pool, and nothing need be known about it. */
    public static Routes to(Pool pool) {
        return new Routes(List.of(), requireNonNull(pool, "pool"));
    }

    /**
     * Connections go where the first route that fits says.
     *
     * @param rest where those go that no route fits; null to close them
     */
    public static Routes of(List<Route> routes, @Nullable Pool rest) {
        return new Routes(routes, rest);
    }

    /** Whether the hello must be there before a pool and a member can be chosen. */
    boolean needHello() {
        return !routes.isEmpty() || (rest != null && rest.settings().keyedBy() == Affinity.SNI);
    }

    /** Where what no route fits goes; null when it is closed. */
    @Nullable
    Pool rest() {
        return rest;
    }

    /** The pool that stands for the listener where there is room for one: that of the rest, else of the first route. */
    Pool main() {
        return rest == null ? routes.getFirst().pool() : rest;
    }

    /** Every pool that a connection may go to. */
    public Set<Pool> pools() {
        return Set.copyOf(pools);
    }

    /** Whether some pool has a member for new connections. */
    boolean anyUsable() {
        return pools.stream().anyMatch(Pool::isUsable);
    }

    /** The pool of the first route that fits, or that of the rest; null when there is none. */
    @Nullable
    Pool choose(TlsHello.Client hello) {
        int first = Integer.MAX_VALUE;
        String name = hello.serverName();
        if (name != null) {
            first = firstFit(byName.get(name), hello, first);
            int dot = name.indexOf('.');
            if (dot > 0) {
                first = firstFit(byName.get(ANY_LABEL + name.substring(dot + 1)), hello, first);
            }
        }
        first = firstFit(forAnyName, hello, first);
        return first == Integer.MAX_VALUE ? rest : routes.get(first).pool();
    }

    private int firstFit(@Nullable List<Integer> candidates, TlsHello.Client hello, int before) {
        if (candidates == null) {
            return before;
        }
        for (int candidate : candidates) {
            if (candidate >= before) {
                break;
            }
            if (offersOneOf(routes.get(candidate).alpn(), hello.alpn())) {
                return candidate;
            }
        }
        return before;
    }

    private static boolean offersOneOf(Set<String> wanted, List<String> offered) {
        if (wanted.isEmpty()) {
            return true;
        }
        for (String protocol : offered) {
            if (wanted.contains(protocol)) {
                return true;
            }
        }
        return false;
    }
}
