package io.hawser.lb.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The demo's own directory of configuration, keys and logs, readable by its user only. */
final class WorkDirectory {
    private WorkDirectory() {}

    /** An empty directory at a fixed place; what an earlier run left there is removed. */
    static Path fresh(Path place) {
        delete(place);
        try {
            return Files.createDirectory(
                    place, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw DemoException.failed("directory %s: %s".formatted(place, e.getMessage()));
        }
    }

    /** An empty directory of any name in the temporary directory. */
    static Path temporary() {
        try {
            return Files.createTempDirectory("hawser-demo-");
        } catch (IOException e) {
            throw DemoException.failed("temporary directory: " + e.getMessage());
        }
    }

    static void delete(Path place) {
        if (!Files.exists(place)) {
            return;
        }
        try (Stream<Path> found = Files.walk(place)) {
            List<Path> deepestFirst = found.sorted(Comparator.reverseOrder()).toList();
            for (Path each : deepestFirst) {
                Files.deleteIfExists(each);
            }
        } catch (IOException e) {
            throw DemoException.failed("removal of %s: %s".formatted(place, e.getMessage()));
        }
    }
}
