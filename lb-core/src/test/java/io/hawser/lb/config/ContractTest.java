package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.healthcheck.CheckPlan;
import io.hawser.healthcheck.CheckPlan.OnWrongStatus;
import io.hawser.lb.admission.AccessRules;
import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.Balance;
import io.hawser.lb.balance.Distribution;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.balance.PoolSettings.OnDown;
import io.hawser.lb.balance.PoolSettings.SendProxyProtocol;
import io.hawser.lb.proxy.ListenerPlan.Greeting;
import io.hawser.lb.proxy.WhenNoMember;
import io.hawser.sysctl.KernelSettings.Ipvs;
import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.RouterSpec;
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
    void everyKeyOfTheContractIsRead() throws IOException {
        String files = Pem.DIRECTORY + "/";
        String whole = contract()
                .replace("    authentication: {type: pass, password-file: FILE}\n", "")
                .replace("    pool: masters\n", "")
                .replace("pool: P", "pool: masters")
                .replace("pool: DEFAULT", "pool: masters")
                .replace(
                        "certificate: FILE, key: FILE",
                        "certificate: " + files + "server.pem, key: " + files + "server.key")
                .replace("ca: FILE", "ca: " + files + "ca.pem")
                .replace("crl: FILE", "crl: " + files + "crl.pem")
                .replace("    group: NAME\n", "");
        Config config = Given.config(whole);
        assertEquals(Balance.FIRST, config.pools().getFirst().settings().balance());
        assertEquals(2, config.listeners().getFirst().tls().orElseThrow().alpn().size());
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
        Pool pool = config.pool(listener.routing().rest().orElseThrow());
        assertEquals(
                List.of("10.77.0.21:6443", "10.77.0.22:6443", "10.77.0.23:6443"),
                pool.members().stream().map(Member::name).toList());
        assertEquals(
                new PoolSettings(
                        Balance.LEAST_CONNECTIONS,
                        Duration.ofSeconds(1),
                        3,
                        OnDown.CLOSE,
                        new Distribution(Affinity.NONE, Duration.ofSeconds(30), 100, Duration.ofSeconds(1), 0),
                        Duration.ofMillis(100),
                        SendProxyProtocol.OFF),
                pool.settings());
        assertEquals(Optional.empty(), pool.tls());
        assertEquals(DEFAULT_HEALTH, pool.health());
        assertEquals(new Listener.Routing(List.of(), Optional.of("masters")), listener.routing());
        assertEquals(List.of("masters"), listener.pools());
        assertEquals(Optional.empty(), listener.tls());
        assertEquals(new AccessRules(List.of(), List.of(), 0, 0), listener.access());
        assertEquals(new Greeting(Duration.ofSeconds(10), List.of()), listener.greeting());
        assertEquals(new AccessLog.Off(), listener.accessLog());
        assertEquals("0.0.0.0:9100", AddressText.of(config.admin().bind()));
        assertEquals("/run/hawser/hawser.sock", config.admin().socket().toString());
        assertEquals(new Kernel(true, true, Ipvs.AUTO), config.kernel());
        assertEquals(new Limits(OptionalInt.empty(), OptionalInt.of(1_000), Duration.ofSeconds(30)), config.limits());
    }

    private static final VirtualRouter DEFAULT_ROUTER = new VirtualRouter(
            "api",
            51,
            new RouterSpec.Protocol(3, RouterSpec.Transport.UNICAST, RouterSpec.Checksum.AUTO, Optional.empty()),
            new RouterSpec.Carrier("eth0", false),
            new RouterSpec.Holding(
                    List.of(Given.virtual("10.77.0.10/32")),
                    Optional.of(Duration.ofSeconds(2)),
                    new RouterSpec.Announce(5, Optional.of(Duration.ofSeconds(5)), Optional.of(Duration.ofSeconds(60))),
                    true),
            new RouterSpec.Intervals(Duration.ofMillis(100), Duration.ofSeconds(1)),
            new RouterSpec.Takeover(new RouterSpec.Preempt(false, Duration.ZERO), Duration.ZERO),
            Optional.empty(),
            new Track(List.of("kube-api"), List.of("eth0")),
            List.of());

    private static final Health DEFAULT_HEALTH = new Health(
            CheckPlan.Type.HTTPS,
            OptionalInt.empty(),
            Optional.empty(),
            new Health.Request("/readyz", List.of(200), OnWrongStatus.DRAIN, Optional.empty()),
            new CheckPlan.Timing(
                    Duration.ofSeconds(1), Duration.ofMillis(250), Duration.ofMillis(300), Duration.ofSeconds(1), 2, 2),
            new Health.Tls(Optional.empty(), Optional.empty()));
}
