package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Captured inputs. */
final class Corpus {
    private Corpus() {}

    /** The files of a directory beside the tests. */
    static List<byte[]> read(String directory) {
        try (Stream<Path> files =
                Files.list(Path.of(Objects.requireNonNull(Corpus.class.getResource(directory), directory)
                        .toURI()))) {
            List<byte[]> inputs = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                inputs.add(Files.readAllBytes(file));
            }
            assertFalse(inputs.isEmpty(), directory + " is empty");
            return inputs;
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException("reading " + directory + " failed", e);
        }
    }
}
