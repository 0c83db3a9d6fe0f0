package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.OptionalInt;

/**
 * Who may connect to a listener, and how often. A source is an IPv4 address or an IPv6 network of 64 bits. Immutable.
 *
 * @param deny networks that may not connect, whatever {@code allow} says
 * @param allow networks that may; empty: all
 * @param acceptProxyProtocol networks whose connections start with a PROXY header, which then says who the client is
 * @param connections most connections of one source at a time; empty: no limit
 * @param newPerSecond most new connections of one source a second; empty: no limit
 */
public record Sources(
        List<Cidr> deny,
        List<Cidr> allow,
        List<Cidr> acceptProxyProtocol,
        OptionalInt connections,
        OptionalInt newPerSecond) {
    public Sources {
        deny = List.copyOf(deny);
        allow = List.copyOf(allow);
        acceptProxyProtocol = List.copyOf(acceptProxyProtocol);
        requireNonNull(connections, "connections");
        requireNonNull(newPerSecond, "newPerSecond");
    }
}
