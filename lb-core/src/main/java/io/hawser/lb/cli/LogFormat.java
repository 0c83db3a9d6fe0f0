package io.hawser.lb.cli;

import java.util.Optional;

/** How a log line looks. Immutable. */
public enum LogFormat {
    /** For people: time, level, part, message and key=value pairs. */
    PLAIN,
    /** For machines: one JSON object a line. */
    JSON;

    /** The format that is called {@code name} on the command line; empty when none is. */
    static Optional<LogFormat> of(String name) {
        return switch (name) {
            case "plain" -> Optional.of(PLAIN);
            case "json" -> Optional.of(JSON);
            default -> Optional.empty();
        };
    }
}
