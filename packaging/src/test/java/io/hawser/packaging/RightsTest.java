package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.demo.HawserNode;
import io.hawser.lb.demo.Network;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
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
        try (Network network =
                        Network.create("hawser-rights" + ProcessHandle.current().pid());
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

    @Test
    void aSocketThatIsNotForThisUserIsSaidSo() throws IOException {
        Path socket = directory.resolve("hawser.sock");
        try (ServerSocketChannel node = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            node.bind(UnixDomainSocketAddress.of(socket));
            Files.setPosixFilePermissions(socket, Set.of());
            try (Run run = Run.powerless("status", "--socket", socket.toString())) {
                assertEquals(4, run.exit(Duration.ofSeconds(30)), run::output);
                assertTrue(
                        run.output()
                                .contains("no right to open " + socket
                                        + ": only the user that runs hawser may, mostly root; try again with sudo"),
                        run::output);
            }
        }
    }

    @Test
    void aCertificateThatCannotBeReadIsNamedWithItsLine() throws IOException {
        Path certificate = Files.writeString(directory.resolve("api.pem"), "secret");
        Files.setPosixFilePermissions(certificate, Set.of());
        Path file = directory.resolve("hawser.yaml");
        Files.writeString(file, """
                nodes: [{name: one, address: 127.0.0.1}]
                listeners:
                  - name: api
                    bind: "127.0.0.1:16443"
                    pool: p
                    mode: tls
                    tls: {certificate: api.pem, key: api.pem}
                pools: [{name: p, members: ["127.0.0.1:16444"], health: {type: tcp}}]
                """);
        try (Run run = Run.powerless("check", "--config", file.toString(), "--node", "one")) {
            assertEquals(0, run.exit(Duration.ofSeconds(30)), "its mode may change without the configuration");
            assertTrue(
                    run.output()
                            .contains("warning: not yet: " + directory
                                    + "/hawser.yaml:7:24: listeners[0].tls.certificate: the file \"" + certificate
                                    + "\" cannot be read: change its owner or mode"),
                    run::output);
        }
    }
}
