package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.demo.HawserNode;
import io.hawser.lb.demo.Network;
import io.hawser.lb.demo.NodeSoftware;
import io.hawser.lb.demo.TestBed;
import io.hawser.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two packaged nodes that speak something else than the default, configured by the file alone, with traffic. */
@Tag("e2e")
class DialectsTest {
    private static final String SIX = "fd77::10";
    private static final String PASSWORD = "s3cret";
    private static final Duration LIMIT = Await.LIMIT;

    @TempDir
    Path directory;

    /** hawser with a configuration that differs from the usual one. */
    private record Variant(HawserNode usual, UnaryOperator<String> edit) implements NodeSoftware {
        @Override
        public List<List<String>> prepare(String node, Path home) {
            List<List<String>> commands = usual.prepare(node, home);
            Path file = home.resolve("hawser.yaml");
            try {
                String before = Files.readString(file);
                String after = edit.apply(before);
                assertNotEquals(before, after);
                Files.writeString(file, after);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return commands;
        }

        @Override
        public boolean isReady(Network network, String node) {
            return usual.isReady(network, node);
        }
    }

    @BeforeEach
    void requireNamespaces() {
        Requirements.namespaces();
    }

    private TestBed start(String name, UnaryOperator<String> edit) {
        return TestBed.start(
                "hawser-" + name + ProcessHandle.current().pid(),
                directory,
                new Variant(new HawserNode(Requirements.launcher()), edit));
    }

    private static String other(String node) {
        return node.equals("lb1") ? "lb2" : "lb1";
    }

    /** A command in a host's namespace. */
    private static Run inside(TestBed rig, String host, String... command) {
        List<String> argv =
                new ArrayList<>(List.of("ip", "netns", "exec", rig.network().namespace(host)));
        argv.addAll(List.of(command));
        return Run.start(argv.toArray(String[]::new));
    }

    private static int exit(TestBed rig, String host, String... command) {
        try (Run run = inside(rig, host, command)) {
            return run.exit(LIMIT);
        }
    }

    private static boolean holdsSix(TestBed rig, String node) {
        return exit(rig, node, "sh", "-c", "ip -o addr show dev eth0 | grep -q ' " + SIX + "/'") == 0;
    }

    private static boolean isServedOverSix(TestBed rig) {
        String url = "https://[" + SIX + "]:" + HawserNode.PORT + "/";
        return exit(rig, Network.CLIENT, "curl", "-gksf", "-m", "1", "-o", "/dev/null", url) == 0;
    }

    @Test
    void anIpv6AddressIsServedAndTakenOver() {
        Requirements.tools("curl");
        String four = "addresses: [" + Network.VIRTUAL_ADDRESS + "]}";
        String bind = "\"" + Network.VIRTUAL_ADDRESS + ":" + HawserNode.PORT + "\"";
        try (TestBed rig = start(
                "six",
                file -> file.replace(four, four + "\n  - {name: api6, id: 51, addresses: [\"" + SIX + "\"]}")
                        .replace(bind, "[" + bind + ", \"[" + SIX + "]:" + HawserNode.PORT + "\"]"))) {
            int last = 11;
            for (String host : List.of("lb1", "lb2", Network.CLIENT)) {
                assertEquals(
                        0, exit(rig, host, "ip", "addr", "add", "fd77::" + last++ + "/64", "dev", "eth0", "nodad"));
            }
            assertTrue(rig.awaitStart(), () -> "held by " + rig.holders());
            Run.await("one node has it", LIMIT, () -> holdsSix(rig, "lb1") != holdsSix(rig, "lb2"));
            Run.await("it is served", LIMIT, () -> isServedOverSix(rig));

            String active = holdsSix(rig, "lb1") ? "lb1" : "lb2";
            rig.signal(active, "KILL");
            Run.await("the other node has it", LIMIT, () -> holdsSix(rig, other(active)));
            // A lease of 2 s, which the kernel ends up to 0.25 s late.
            Run.await("the dead node has not", Duration.ofSeconds(5), () -> !holdsSix(rig, active));
            Run.await("it is served again", LIMIT, () -> isServedOverSix(rig));
        }
    }

    @Test
    void version2WithAPasswordWorksFromTheFileAndIsShownWithoutIt() throws IOException {
        Path password = directory.resolve("vrrp-password");
        Files.writeString(password, PASSWORD + "\n");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
        String addresses = "addresses: [" + Network.VIRTUAL_ADDRESS + "]";
        String dialect =
                ", version: 2, transport: multicast, authentication: {type: pass, password-file: \"" + password + "\"}";
        try (TestBed rig = start("two", file -> file.replace(addresses, addresses + dialect))) {
            assertTrue(rig.awaitStart(), () -> "held by " + rig.holders());
            String active = rig.holders().getFirst();
            String file = directory.resolve(active).resolve("hawser.yaml").toString();

            String launcher = Requirements.launcher().toString();
            try (Run shown = inside(
                    rig, active, launcher, "vrrp", "--config", file, "--node", active, "--count", "1", "--json")) {
                assertEquals(0, shown.exit(LIMIT), shown::output);
                assertTrue(shown.output().contains("\"version\":2"), shown::output);
                assertTrue(shown.output().contains("\"authentication\":\"pass\",\"warnings\":[]"), shown::output);
                assertTrue(shown.output().contains("\"fromThisHost\":true"), shown::output);
                assertFalse(shown.output().contains(PASSWORD), shown::output);
            }
            try (Run listened = inside(
                    rig, other(active), launcher, "check", "--config", file, "--node", other(active), "--listen=2")) {
                assertEquals(0, listened.exit(LIMIT), listened::output);
                assertTrue(listened.output().contains("one of the nodes"), listened::output);
            }

            rig.signal(active, "TERM");
            // The skew time of version 2 at priority 190 is 0.26 s.
            Run.await("handed over", Duration.ofSeconds(3), () -> rig.holders().equals(List.of(other(active))));
            long handedOverAt = System.nanoTime();
            Run.await("served again", LIMIT, () -> {
                long now = System.nanoTime();
                return rig.probe().observe(handedOverAt, now).served() > 10;
            });
        }
    }

    @Test
    void withoutTheRightToListenItExitsWith4AndSaysWhichOneIsMissing() {
        Requirements.tools("setpriv");
        try (Network network =
                        Network.create("hawser-deaf" + ProcessHandle.current().pid());
                Run run = Run.inside(
                        network.namespace("lb1"),
                        List.of("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"),
                        "vrrp",
                        "--interface",
                        "eth0")) {
            assertEquals(4, run.exit(LIMIT), run::output);
            assertTrue(run.output().contains("CAP_NET_RAW"), run::output);
        }
    }
}
