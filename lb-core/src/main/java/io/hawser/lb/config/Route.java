package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * Which connections go to a pool other than the listener's. A connection takes the first route of its listener that fits. Immutable.
 *
 * @param names server names that it takes; empty: any, and also a hello without one
 * @param alpn protocols of which the client must offer one; empty: whatever it offers
 * @param pool name of a pool of the same configuration
 */
public record Route(List<ServerName> names, List<String> alpn, String pool) {
    public Route {
        names = List.copyOf(names);
        alpn = List.copyOf(alpn);
        requireNonNull(pool, "pool");
    }

    /**
     * Whether it takes a connection.
     *
     * @param serverName of the hello, in any case; empty: it has none
     * @param offered the protocols that the hello offers
     */
    public boolean fits(Optional<String> serverName, List<String> offered) {
        boolean isNamed = names.isEmpty()
                || (serverName.isPresent() && names.stream().anyMatch(name -> name.covers(serverName.get())));
        return isNamed && (alpn.isEmpty() || alpn.stream().anyMatch(offered::contains));
    }
}
