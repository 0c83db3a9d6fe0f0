package io.hawser.lb.daemon;

import static io.hawser.lb.daemon.TwoNodes.holds;
import static io.hawser.lb.daemon.TwoNodes.isActive;
import static io.hawser.lb.daemon.TwoNodes.texts;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two whole nodes that were given different files. */
@Tag("netns")
@Timeout(300)
class OtherFileNetnsTest {
    @TempDir
    Path directory;

    private TwoNodes nodes;

    @BeforeEach
    void prepare() throws Exception {
        nodes = new TwoNodes(directory);
    }

    @AfterEach
    void remove() throws IOException {
        if (nodes != null) {
            nodes.close();
        }
    }

    private static UnaryOperator<String> pool(String members) {
        return text -> text.replaceAll("members: \\[.*\\]", "members: [" + members + "]");
    }

    private static boolean says(Daemon daemon, String... words) {
        return texts(daemon, "config-differs").stream()
                .anyMatch(text -> List.of(words).stream().allMatch(text::contains));
    }

    /** Time goes a hundred times and more as fast as the clock on the wall: a difference must have lasted. */
    private void awaitSaid(BooleanSupplier condition) {
        TestNode.await("it is said", () -> {
            nodes.pass(Duration.ofMillis(500));
            return condition.getAsBoolean();
        });
    }

    private void betweenThem(String mode) {
        for (String port : List.of("p1", "p2")) {
            nodes.network.run("bridge", "link", "set", "dev", port, "isolated", mode);
        }
    }

    @Test
    void twoIdsForOneAddressEndAtOneOwnerAndBothNodesSaySo() throws Exception {
        betweenThem("on");
        try (Daemon first = nodes.start("one", "", "one", "two");
                Daemon second = nodes.start("two", text -> text.replace("id: 51", "id: 52"), "", "one", "two")) {
            TestNode.await("both hold it apart", () -> holds(nodes.first) && holds(nodes.second));
            betweenThem("off");

            TestNode.await("the lower one yields", () -> !isActive(second) && !holds(nodes.second));
            assertTrue(
                    isActive(first) && holds(nodes.first),
                    () -> texts(first, "vrrp-state").toString());
            // What the node does is said a moment later.
            TestNode.await("it is named", () -> !texts(second, "vrrp-other-id").isEmpty());
            String named = texts(second, "vrrp-other-id").getFirst();
            assertTrue(named.contains("one (10.79.1.11)") && named.contains("it has id 51"), named);
            for (Daemon each : List.of(first, second)) {
                awaitSaid(() -> says(each, "virtual router api: id is", "51", "52"));
                List<String> wrong = each.status().warnings();
                assertTrue(
                        wrong.stream().anyMatch(text -> text.startsWith("virtual-routers of node")), wrong::toString);
            }
            assertTrue(isActive(first) && holds(nodes.first) && !isActive(second) && !holds(nodes.second));
        }
    }

    @Test
    void aBackupWithAnotherIdLeavesTheAddressWhereItIs() throws Exception {
        try (Daemon first = nodes.start("one", "", "one", "two")) {
            TestNode.await("active", () -> isActive(first) && holds(nodes.first));
            try (Daemon second = nodes.start("two", text -> text.replace("id: 51", "id: 52"), "", "one", "two")) {
                TestNode.await(
                        "it is named", () -> !texts(second, "vrrp-other-id").isEmpty());
                assertFalse(isActive(second) || holds(nodes.second));
                assertTrue(isActive(first) && holds(nodes.first));
            }
        }
    }

    @Test
    void aPoolThatLacksAMemberOnOneNodeIsSaidOnBoth() throws Exception {
        EchoMember member = nodes.client.call(() -> new EchoMember("m", InetAddress.ofLiteral("10.79.1.13")));
        EchoMember more = nodes.client.call(() -> new EchoMember("more", InetAddress.ofLiteral("10.79.1.13")));
        try (member;
                more;
                Daemon first = nodes.start("one", pool(member.yaml()), "", "one", "two");
                Daemon second = nodes.start("two", pool(member.yaml()), "", "one", "two")) {
            for (Daemon each : List.of(first, second)) {
                TestNode.await(
                        "it knows the other's", () -> !each.peers().digests().containsValue(null));
                each.peers()
                        .digests()
                        .forEach((node, digest) ->
                                assertEquals(Map.of(), each.active().digest().differences(digest, node)));
            }
            Path file = nodes.file("two");
            Files.writeString(file, pool(member.yaml() + ", " + more.yaml()).apply(Files.readString(file)));
            assertInstanceOf(
                    ReloadResult.Applied.class,
                    second.reload(Reloader.Trigger.COMMAND).get(30, TimeUnit.SECONDS));

            awaitSaid(() -> says(first, "member masters/more is missing here", "on two"));
            awaitSaid(() -> says(second, "member masters/more is 10.79.1.13:", "missing on one"));
        }
    }
}
