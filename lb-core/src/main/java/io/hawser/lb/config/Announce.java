package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * How a node that has become active announces its addresses. Immutable.
 *
 * @param count announcements for each address in one burst, 1 to 100
 * @param againAfter a second burst follows after this; empty: none
 * @param refresh one announcement is repeated this often; empty: never
 */
public record Announce(int count, Optional<Duration> againAfter, Optional<Duration> refresh) {
    public Announce {
        requireNonNull(againAfter, "againAfter");
        requireNonNull(refresh, "refresh");
    }
}
