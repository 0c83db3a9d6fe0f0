package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.demo.HawserNode;
import io.hawser.lb.demo.Network;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that is not given what it needs says what that is, and does not start half. */
@Tag("e2e")
class RightsTest {
    @TempDir
    Path directory;

    @BeforeEach
    void requireNamespaces() {
        Requirements.namespaces();
        Requirements.tools("setpriv");
    }

    @Test
    void withoutTheRightToARawSocketItExitsWith4() throws IOException {
        Path file = directory.resolve("hawser.yaml");
        Files.writeString(file, HawserNode.configuration(directory.resolve("s")));
        try (Network network = Network.create("hawser-rights");
                Run run = Run.inside(
                        network.namespace("lb1"),
                        List.of("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"),
                        "run",
                        "--config",
                        file.toString(),
                        "--node",
                        "lb1")) {
            assertEquals(4, run.exit(Duration.ofSeconds(30)), run::output);
            assertTrue(run.output().contains("CAP_NET_RAW"), run::output);
        }
    }
}
