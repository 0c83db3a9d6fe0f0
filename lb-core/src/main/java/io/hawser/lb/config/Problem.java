package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

/**
 * Why a file is no valid configuration, on any host and at any time. Immutable.
 *
 * @param file the file as it was named
 * @param line from 1
 * @param column in characters, from 1
 * @param path the key that it is about; empty: the file
 * @param message what was found and what to write
 * @param source the line of the file around the column; empty when there is none
 */
public record Problem(String file, int line, int column, String path, String message, String source)
        implements Finding {
    public Problem {
        requireNonNull(file, "file");
        requireNonNull(path, "path");
        requireNonNull(message, "message");
        requireNonNull(source, "source");
    }
}
