package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

/**
 * What a file needs of its host and the network that is not there now, and may be in a moment: the file is right. Immutable.
 *
 * @param file the file as it was named
 * @param line from 1
 * @param column in characters, from 1
 * @param path the key that it is about; empty: the file
 * @param message what is waited for
 * @param source the line of the file around the column; empty when there is none
 * @param isNeeded whether nothing can be done by the file before; false: all the rest goes on meanwhile
 */
public record NotYet(String file, int line, int column, String path, String message, String source, boolean isNeeded)
        implements Finding {
    public NotYet {
        requireNonNull(file, "file");
        requireNonNull(path, "path");
        requireNonNull(message, "message");
        requireNonNull(source, "source");
    }
}
