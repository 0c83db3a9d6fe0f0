package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Member;
import io.hawser.lb.config.Environment;
import io.hawser.testkit.Ports;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A member whose name does not resolve costs that member, for as long as it does not. */
class UnresolvedMemberTest {
    @TempDir
    Path directory;

    private final Map<String, InetAddress> known = new ConcurrentHashMap<>();
    private final Map<String, InetAddress> former = new ConcurrentHashMap<>();

    private final Environment.Resolver resolver = new Environment.Resolver() {
        @Override
        public List<InetAddress> resolve(String host) {
            InetAddress found = known.get(host);
            if (found == null) {
                return List.of();
            }
            former.put(host, found);
            return List.of(found);
        }

        @Override
        public List<InetAddress> last(String host) {
            InetAddress found = former.get(host);
            return found == null ? List.of() : List.of(found);
        }
    };

    private static String rest(int port, EchoMember m1, EchoMember m2, String more) {
        return """
                listeners: [{name: l, bind: "127.0.0.1:%d", pool: p}]
                pools:
                  - name: p
                    balance: round-robin
                    health: {type: tcp, interval: 200ms}
                    members: [%s, {name: m2, address: "m2.example:%d"%s}]
                """.formatted(port, m1.yaml(), m2.address().getPort(), more);
    }

    private static Member member(TestNode node, String name) {
        Member found = node.daemon.active().pool("p").member(name);
        return java.util.Objects.requireNonNull(found, name);
    }

    private static boolean isUp(TestNode node, String name) {
        return member(node, name).health() == Member.Health.UP;
    }

    @Test
    void theOthersServeAndItComesWithItsName() throws Exception {
        int port = Ports.free();
        try (var m1 = new EchoMember("m1");
                var m2 = new EchoMember("m2");
                TestNode node = TestNode.start(directory, rest(port, m1, m2, ""), resolver)) {
            TestNode.await("m1 up", () -> isUp(node, "m1"));
            assertEquals(Member.Health.DOWN, member(node, "m2").health());
            for (int i = 0; i < 4; i++) {
                try (var client = new EchoClient(port)) {
                    assertEquals("m1", client.member());
                }
            }
            String status = node.page("/status");
            assertTrue(status.contains("does not resolve: m2.example"), status);
            assertTrue(node.daemon.isFit());
            assertEquals(1, node.events("waiting").size());

            known.put("m2.example", InetAddress.ofLiteral("127.0.0.1"));
            TestNode.await("m2 up", () -> isUp(node, "m2"));
            assertEquals(2, node.events("waiting").size());
        }
    }

    @Test
    void aReloadWithoutAnAnswerIsAppliedAndTheMemberKeepsItsAddress() throws Exception {
        known.put("m2.example", InetAddress.ofLiteral("127.0.0.1"));
        int port = Ports.free();
        try (var m1 = new EchoMember("m1");
                var m2 = new EchoMember("m2");
                TestNode node = TestNode.start(directory, rest(port, m1, m2, ""), resolver)) {
            TestNode.await("both up", () -> isUp(node, "m1") && isUp(node, "m2"));
            Member before = member(node, "m2");
            known.clear();
            node.reloads(rest(port, m1, m2, ", weight: 7"));
            assertSame(before, member(node, "m2"));
            assertEquals(7, before.weight());
            assertTrue(isUp(node, "m2"));
            assertTrue(
                    node.page("/status").contains("does not resolve now: its member keeps 127.0.0.1"),
                    node.page("/status"));
        }
    }
}
