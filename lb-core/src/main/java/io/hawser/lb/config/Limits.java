package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * Limits of the whole process. Immutable.
 *
 * @param connections most client connections at a time; empty: what the process may open
 * @param fruitless from how many connections a second that end before a byte is answered on a source is held back; empty: never
 * @param drain longest time that a stopping process waits for connections to end
 */
public record Limits(OptionalInt connections, OptionalInt fruitless, Duration drain) {
    public Limits {
        requireNonNull(connections, "connections");
        requireNonNull(fruitless, "fruitless");
        requireNonNull(drain, "drain");
    }
}
