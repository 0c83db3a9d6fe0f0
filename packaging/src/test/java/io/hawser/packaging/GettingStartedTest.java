package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.demo.HawserNode;
import io.hawser.lb.demo.Network;
import io.hawser.lb.demo.NodeSoftware;
import io.hawser.lb.demo.TestBed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A new user with two empty nodes: the commands of docs/getting-started.md, as they stand there, and nothing else. */
@Tag("e2e")
class GettingStartedTest {
    private static final Path PAGE = Path.of("..", "docs", "getting-started.md");
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int COMMANDS = 4;

    @Test
    void twoEmptyNodesAreAWorkingPairAfterFourCommandsEach(@TempDir Path directory) throws IOException {
        Requirements.namespaces();
        Requirements.tools("unshare");
        List<String> commands = commands();
        assertEquals(COMMANDS, commands.size(), commands::toString);
        String prefix = "hawser-new" + ProcessHandle.current().pid();
        long startedAt = System.nanoTime();
        try (TestBed rig = TestBed.start(prefix, directory, new EmptyNode(commands, Requirements.tar()))) {
            boolean isWorking = false;
            // A command that failed has ended its node's shell: there is nothing more to wait for.
            while (!isWorking
                    && System.nanoTime() - startedAt < LIMIT.toNanos()
                    && Network.NODES.stream().allMatch(rig::isRunning)) {
                isWorking = rig.awaitSteady(Duration.ofSeconds(5));
            }
            Duration took = Duration.ofNanos(System.nanoTime() - startedAt);
            assertTrue(
                    isWorking && took.compareTo(LIMIT) <= 0,
                    () -> "held by " + rig.holders() + " after " + took + logs(directory));
            System.out.printf("two empty nodes are a working pair after %d ms%n", took.toMillis());
        }
    }

    /** The first block of the section for load balancers of their own. */
    private static List<String> commands() throws IOException {
        return Files.readString(PAGE)
                .lines()
                .dropWhile(line -> !line.startsWith("## Load balancers of their own"))
                .dropWhile(line -> !line.startsWith("    "))
                .takeWhile(line -> line.startsWith("    "))
                .map(String::strip)
                .toList();
    }

    private static String logs(Path directory) {
        return Network.NODES.stream()
                .map(node -> {
                    try {
                        return "\n" + node + ":\n"
                                + Files.readString(directory.resolve(node).resolve("log"));
                    } catch (IOException e) {
                        return "\n" + node + ": " + e;
                    }
                })
                .reduce("", String::concat);
    }

    /** A machine of its own as far as files go: /opt, /etc, /run and /usr/local/bin are in memory, and hawser is in none of them. */
    private record EmptyNode(List<String> commands, Path tar) implements NodeSoftware {
        @Override
        public List<List<String>> prepare(String node, Path home) {
            Path script = home.resolve("user");
            try {
                Files.writeString(script, """
                        set -e
                        mount -t tmpfs tmpfs %1$s
                        mkdir %1$s/etc %1$s/down
                        cp -a /etc/. %1$s/etc
                        rm -rf %1$s/etc/hawser
                        mount --bind %1$s/etc /etc
                        for each in /opt /run /usr/local/bin; do mount -t tmpfs tmpfs $each; done
                        if command -v hawser; then exit 1; fi
                        cp %2$s %1$s/down/hawser.tar.gz
                        cd %1$s/down
                        %3$s
                        """.formatted(home.resolve("machine"), tar, String.join("\n", commands)));
                Files.createDirectories(home.resolve("machine"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            // The test may have been told where Java or the configuration is; a new user has not.
            return List.of(List.of(
                    "env",
                    "-i",
                    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "unshare",
                    "--mount",
                    "/bin/sh",
                    script.toString()));
        }

        @Override
        public boolean isReady(Network network, String node) {
            return new HawserNode(Requirements.launcher()).isReady(network, node);
        }
    }
}
