package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged command line, without root and without namespaces. */
@Tag("e2e")
class CommandLineTest {
    private static final Duration LIMIT = Await.LIMIT;

    @TempDir
    Path directory;

    @Test
    void tellsItsVersion() {
        try (Run run = Run.hawser("version")) {
            assertEquals(0, run.exit(LIMIT));
            assertTrue(run.output().startsWith("hawser 0.1.0\njava 25"), run::output);
            assertEquals(3, run.output().lines().count(), () -> "noise of the JVM: " + run.output());
        }
    }

    @Test
    void aWrongCommandLineExitsWith2() {
        try (Run run = Run.hawser("sail")) {
            assertEquals(2, run.exit(LIMIT), run::output);
        }
    }

    @Test
    void everyProblemOfAConfigurationIsListedAtOnceAndExitsWith3() throws IOException {
        Path file = directory.resolve("hawser.yaml");
        Files.writeString(file, """
                nodes: [{name: one, address: 127.0.0.1}]
                listeners: [{name: l, bind: "127.0.0.1:70000", pool: nowhere}]
                pools: [{name: p, members: ["127.0.0.1:1"], ballance: first}]
                """);
        for (String command : new String[] {"run", "check"}) {
            try (Run run = Run.hawser(command, "--config", file.toString())) {
                assertEquals(3, run.exit(LIMIT), run::output);
                assertAll(
                        () -> assertTrue(run.output().contains("70000"), run::output),
                        () -> assertTrue(run.output().contains("nowhere"), run::output),
                        () -> assertTrue(run.output().contains("ballance"), run::output),
                        () -> assertTrue(run.output().contains("hawser.yaml:2:"), run::output));
            }
        }
    }

    @Test
    void aTakenPortIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int admin = free.getLocalPort();
            free.close();
            Path file = directory.resolve("hawser.yaml");
            Files.writeString(file, """
                    nodes: [{name: one, address: 127.0.0.1}]
                    listeners: [{name: l, bind: "127.0.0.1:%d", pool: p}]
                    pools: [{name: p, members: ["127.0.0.1:1"], health: {type: tcp}}]
                    admin: {bind: "127.0.0.1:%d", socket: "%s"}
                    kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                    """.formatted(taken.getLocalPort(), admin, directory.resolve("s")));
            try (Run run = Run.hawser("run", "--config", file.toString(), "--node", "one")) {
                assertEquals(1, run.exit(LIMIT), run::output);
                assertTrue(run.output().contains(Integer.toString(taken.getLocalPort())), run::output);
            }
        }
    }

    @Test
    void theSingleDemoBalancesWithoutRoot() {
        try (Run run = Run.hawser("demo", "--single", "--once")) {
            assertEquals(0, run.exit(Duration.ofSeconds(90)), run::output);
            assertTrue(run.output().contains("it is back"), run::output);
        }
    }
}
