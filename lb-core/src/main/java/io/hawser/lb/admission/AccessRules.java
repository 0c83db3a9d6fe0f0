package io.hawser.lb.admission;

import java.util.List;

/**
 * Who may connect to a listener, and how often. A source is an IPv4 address or an IPv6 network of 64 bits. Immutable.
 *
 * @param deny networks that may not connect, whatever {@code allow} says
 * @param allow networks that may; empty for all
 * @param connections how many connections of one source there may be at once; 0 for any number
 * @param newPerSecond how many connections a source may open a second, of which a second's worth may come at once; 0 for
 *     any number, at most a million
 */
public record AccessRules(List<Network> deny, List<Network> allow, int connections, int newPerSecond) {
    /** Everybody may, as often as they like. */
    public static final AccessRules OPEN = new AccessRules(List.of(), List.of(), 0, 0);

    private static final int MOST_PER_SECOND = 1_000_000;

    public AccessRules {
        deny = List.copyOf(deny);
        allow = List.copyOf(allow);
        if (connections < 0) {
            throw new IllegalArgumentException("limit of " + connections + " connections of a source is negative");
        }
        if (newPerSecond < 0 || newPerSecond > MOST_PER_SECOND) {
            throw new IllegalArgumentException(
                    newPerSecond + " new connections a second of a source are not in 0 to " + MOST_PER_SECOND);
        }
    }

    /** Whether sources are counted. */
    boolean countsSources() {
        return connections > 0 || newPerSecond > 0;
    }
}
