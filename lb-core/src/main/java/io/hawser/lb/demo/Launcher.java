package io.hawser.lb.demo;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the distribution's launcher is. */
final class Launcher {
    private Launcher() {}

    /** The launcher that started this process. */
    static Path find() {
        String home = System.getProperty("hawser.home");
        if (home == null) {
            throw DemoException.failed(
                    "the demo starts nodes with bin/hawser of the distribution, and this process was not started by it (no hawser.home); use ./hawser demo");
        }
        Path launcher = Path.of(home, "bin", "hawser");
        if (!Files.isExecutable(launcher)) {
            throw DemoException.failed(
                    "%s is not an executable file; build the distribution again".formatted(launcher));
        }
        return launcher;
    }
}
