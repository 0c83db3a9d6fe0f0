package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** The example with every key that the project has promised, and the ten lines of the README. */
class ContractTest {
    private static String contract() throws IOException {
        try (InputStream in = Objects.requireNonNull(ContractTest.class.getResourceAsStream("contract.yaml"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void whatIsNotBuiltYetIsRefusedByNameAndTheRestIsRead() throws IOException {
        String key = ": not in this version yet: remove it";
        Given.refuses(
                Given.lb1(),
                contract(),
                "14:21: virtual-routers[0].authentication: version 3 has no authentication (RFC 9568 section 9):"
                        + " remove it, or write version: 2",
                "16:5: virtual-routers[0].virtual-mac" + key,
                "21:5: virtual-routers[0].group" + key,
                "22:5: virtual-routers[0].notify" + key,
                "28:5: listeners[0].routes" + key,
                "29:11: listeners[0].mode: tls is not in this version yet: write tcp",
                "30:5: listeners[0].tls" + key,
                "31:5: listeners[0].accept-proxy-protocol" + key,
                "32:5: listeners[0].allow" + key,
                "33:5: listeners[0].deny" + key,
                "35:5: listeners[0].hello-timeout" + key,
                "36:33: listeners[0].limits.connections-per-source" + key,
                "36:61: listeners[0].limits.new-per-second-per-source" + key,
                "42:59: pools[0].members[0].backup" + key,
                "42:74: pools[0].members[0].max-connections" + key,
                "45:14: pools[0].balance: first is not in this version yet: write least-connections or round-robin",
                "46:5: pools[0].affinity" + key,
                "48:5: pools[0].hedge-after" + key,
                "51:5: pools[0].slow-start" + key,
                "52:5: pools[0].send-proxy-protocol" + key,
                "53:5: pools[0].tls" + key);
    }

    @Test
    void theTenLinesOfTheReadmeGiveTheDefaults() {
        Config config = Given.config(Given.KUBEADM);
        assertEquals(
                List.of(
                        new Node("lb1", Given.address("10.77.0.11"), 200, 9100),
                        new Node("lb2", Given.address("10.77.0.12"), 190, 9100)),
                config.nodes());
        assertEquals(config.nodes().getFirst(), config.self());
        assertEquals(List.of(config.nodes().get(1)), config.peers());
        assertEquals(List.of(DEFAULT_ROUTER), config.virtualRouters());
        Listener listener = config.listeners().getFirst();
        assertEquals(Duration.ofHours(4), listener.idleTimeout());
        assertEquals(OptionalInt.empty(), listener.connections());
        assertEquals(WhenNoMember.CLOSE, listener.whenNoMember());
        Pool pool = config.poolOf(listener);
        assertEquals(
                List.of("10.77.0.21:6443", "10.77.0.22:6443", "10.77.0.23:6443"),
                pool.members().stream().map(Member::name).toList());
        assertEquals(Balance.LEAST_CONNECTIONS, pool.balance());
        assertEquals(Duration.ofSeconds(1), pool.connectTimeout());
        assertEquals(3, pool.retries());
        assertEquals(OnDown.CLOSE, pool.onDown());
        assertEquals(DEFAULT_HEALTH, pool.health());
        assertEquals("0.0.0.0:9100", ListenerChecks.show(config.admin().bind()));
        assertEquals("/run/hawser/hawser.sock", config.admin().socket().toString());
        assertEquals(new Kernel(true, true, Ipvs.AUTO), config.kernel());
        assertEquals(new Limits(OptionalInt.empty(), Duration.ofSeconds(30)), config.limits());
    }

    private static final VirtualRouter DEFAULT_ROUTER = new VirtualRouter(
            "api",
            51,
            3,
            List.of(Given.cidr("10.77.0.10/32")),
            "eth0",
            Duration.ofMillis(100),
            Transport.UNICAST,
            new Preempt.Never(),
            Checksum.AUTO,
            Optional.empty(),
            Optional.of(Duration.ofSeconds(2)),
            new Announce(5, Optional.of(Duration.ofSeconds(5)), Optional.of(Duration.ofSeconds(60))),
            new Track(List.of("kube-api"), List.of("eth0")));

    private static final Health DEFAULT_HEALTH = new Health(
            HealthType.HTTPS,
            "/readyz",
            OptionalInt.empty(),
            Optional.empty(),
            List.of(200),
            Duration.ofSeconds(1),
            Duration.ofMillis(300),
            Duration.ofSeconds(1),
            2,
            2,
            Duration.ofMillis(250),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
}
