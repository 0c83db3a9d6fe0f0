package io.hawser.lb.daemon;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Loaded;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where the configuration of a node comes from. Immutable.
 *
 * @param path the file
 * @param reader reads it for this node; may block, never throws on what the file holds
 */
record ConfigFile(Path path, Supplier<Loaded> reader) {
    ConfigFile {
        requireNonNull(path, "path");
        requireNonNull(reader, "reader");
    }

    /** Why the file itself cannot be read now, and may be in a moment; empty when it can be, and when it never can be. */
    Optional<String> notYet() {
        return ConfigLoader.notYet(path);
    }

    /** Reads the file. */
    Loaded load() {
        return reader.get();
    }
}
