package io.hawser.lb.config;

import java.util.List;

/**
 * What must work on a node for it to hold the addresses. Immutable.
 *
 * @param listeners names of listeners that must be bound and have a member up; empty: none
 * @param interfaces names of interfaces that must be up
 */
public record Track(List<String> listeners, List<String> interfaces) {
    public Track {
        listeners = List.copyOf(listeners);
        interfaces = List.copyOf(interfaces);
    }
}
