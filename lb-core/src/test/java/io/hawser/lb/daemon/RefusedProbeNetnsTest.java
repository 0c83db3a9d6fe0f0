package io.hawser.lb.daemon;

import static io.hawser.lb.daemon.TwoNodes.holds;
import static io.hawser.lb.daemon.TwoNodes.isActive;
import static io.hawser.lb.daemon.TwoNodes.texts;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.sysctl.linux.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two whole nodes between which a firewall lets one thing pass and not the other. */
@Tag("netns")
@Timeout(300)
class RefusedProbeNetnsTest {
    @TempDir
    Path directory;

    private TwoNodes nodes;

    @BeforeEach
    void prepare() throws Exception {
        assumeTrue(
                Stream.of("/usr/sbin/nft", "/sbin/nft").map(Path::of).anyMatch(Files::isExecutable),
                "nft is not installed (Debian: nftables)");
        nodes = new TwoNodes(directory);
    }

    @AfterEach
    void remove() throws IOException {
        if (nodes != null) {
            nodes.close();
        }
    }

    private static void rule(NetworkNamespace at, String... rule) {
        at.run("nft", "add", "table", "inet", "wall");
        at.run("nft", "add", "chain", "inet", "wall", "in", "{ type filter hook input priority 0; }");
        at.run(Stream.concat(Stream.of("nft", "add", "rule", "inet", "wall", "in"), Stream.of(rule))
                .toArray(String[]::new));
    }

    private static long takeovers(Daemon daemon) {
        return texts(daemon, "vrrp-state").stream()
                .filter(text -> text.contains("to active"))
                .count();
    }

    @Test
    void aFirewallThatRejectsTheProbesMovesNothingAndIsNamed() throws Exception {
        try (Daemon first = nodes.start("one", "", "one", "two");
                Daemon second = nodes.start("two", "", "one", "two")) {
            TestNode.await("active", () -> isActive(first) && holds(nodes.first));
            TestNode.await("it is known", () -> texts(second, "peer").contains("answers, and can serve"));
            rule(nodes.first, "tcp", "dport", "9100", "reject", "with", "tcp", "reset");

            TestNode.await(
                    "it is named", () -> !texts(second, "vrrp-peer-refuses").isEmpty());
            String named = texts(second, "vrrp-peer-refuses").getFirst();
            assertTrue(named.contains("one (10.79.1.11) has refused probes for ") && named.contains("firewall"), named);
            assertEquals(0, takeovers(second), () -> texts(second, "vrrp-state").toString());
            assertTrue(isActive(first) && holds(nodes.first) && !holds(nodes.second));
        }
    }

    @Test
    void twoThatHearNoAdvertisementSettleOnce() throws Exception {
        for (NetworkNamespace each : List.of(nodes.first, nodes.second)) {
            rule(each, "ip", "daddr", "224.0.0.0/4", "drop");
        }
        try (Daemon first = nodes.start("one", "transport: multicast,", "one", "two");
                Daemon second = nodes.start("two", "transport: multicast,", "one", "two")) {
            TestNode.await("active", () -> isActive(first) && holds(nodes.first));
            TestNode.await(
                    "the backup has found it out",
                    () -> !texts(second, "vrrp-vrrp-filtered").isEmpty());
            long before = takeovers(second);
            assertTrue(before <= 1, () -> texts(second, "vrrp-state").toString());
            // Each look starts a process, so that there are some seconds for all of them.
            for (int look = 0; look < 200; look++) {
                assertTrue(
                        !holds(nodes.second), () -> texts(second, "vrrp-state").toString());
            }
            assertEquals(before, takeovers(second));
            assertTrue(isActive(first) && holds(nodes.first));
        }
    }
}
