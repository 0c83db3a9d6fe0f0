package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.healthcheck.CheckPlan;
import io.hawser.healthcheck.CheckPlan.OnWrongStatus;
import io.hawser.lb.admission.AccessRules;
import io.hawser.lb.admission.Network;
import io.hawser.lb.balance.Affinity;
import io.hawser.lb.proxy.ListenerPlan.Greeting;
import io.hawser.lb.proxy.WhenNoMember;
import io.hawser.lb.tls.ServerSettings;
import io.hawser.sysctl.KernelSettings.Ipvs;
import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.Password;
import io.hawser.vrrp.RouterSpec;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of keys is complete, and what it says is built is read. */
class KeysTest {
    private static boolean isSection(Key<?> key) {
        return key.form() instanceof ValueShape.Nested<?> || key.form() instanceof ValueShape.NestedList<?>;
    }

    @Test
    void everyBuiltKeyIsInTheExampleAboveAndNoOther() {
        Set<String> built = Keys.all().stream()
                .filter(key -> !key.path().matches("nodes|virtual-routers|listeners|pools"))
                .map(Key::path)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> shown = EveryKey.TEXT
                .lines()
                .map(EveryKey::path)
                .filter(path -> !path.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(built, shown);
    }

    @Test
    void everyBuiltKeyChangesTheConfiguration() {
        Config all = Given.configWithWarnings(EveryKey.TEXT);
        Set<String> needed = new TreeSet<>();
        for (Key<?> key : Keys.all()) {
            if (isSection(key)) {
                continue;
            }
            Loaded without = Given.load(EveryKey.without(key.path()));
            if (without instanceof Loaded.Ok ok) {
                assertNotEquals(all, ok.config(), key + " is accepted but not read");
            } else {
                needed.add(key.path());
            }
        }
        assertEquals(SHOWN_BELOW, needed, "these cannot be left out, so another test must show that they are read");
    }

    /** Keys without which the example above is invalid. */
    private static final Set<String> SHOWN_BELOW = new TreeSet<>(Set.of(
            "admin.metrics.haproxy-names",
            "listeners[].bind",
            "listeners[].mode",
            "listeners[].name",
            "listeners[].pool",
            "listeners[].routes[].pool",
            "listeners[].tls.certificate",
            "listeners[].tls.certificates[].certificate",
            "listeners[].tls.certificates[].key",
            "listeners[].tls.client-auth.ca",
            "listeners[].tls.client-auth.mode",
            "listeners[].tls.key",
            "nodes[].address",
            "nodes[].name",
            "pools[].affinity.by",
            "pools[].health.certificate",
            "pools[].health.key",
            "pools[].health.type",
            "pools[].members[].address",
            "pools[].members[].max-connections",
            "pools[].name",
            "pools[].rebalance.rate",
            "pools[].tls.certificate",
            "pools[].tls.key",
            "virtual-routers[].addresses",
            "virtual-routers[].authentication.password-file",
            "virtual-routers[].authentication.type",
            "virtual-routers[].id",
            "virtual-routers[].name",
            "virtual-routers[].preempt.delay",
            "virtual-routers[].version"));

    @Test
    void whatIsWrittenArrives() {
        Config config = Given.configWithWarnings(EveryKey.TEXT);
        assertEquals(new Node("lb1", Given.address("10.77.0.11"), 77, 9999), config.self());
        assertEquals("10.77.0.11:9999", AddressText.of(config.admin().bind()), "the node's own admin port");
        VirtualRouter router = config.virtualRouters().getFirst();
        assertEquals(List.of(Given.virtual("10.77.0.10/24")), router.holding().addresses());
        assertEquals("api", router.name());
        assertEquals(51, router.id());
        assertEquals("masters", config.pools().getFirst().name());
        assertEquals("uplink", router.carrier().interfaceName());
        assertEquals(
                new RouterSpec.Preempt(true, Durations.exactly("90s")),
                router.takeover().preempt());
        assertTrue(router.holding().lease().isEmpty());
        assertEquals(new Track(List.of(), List.of("eth0")), router.track());
        assertEquals(
                new Listener(
                        "kube-api",
                        List.of(
                                new InetSocketAddress(Given.address("::1"), 6443),
                                new InetSocketAddress(Given.address("10.77.0.10"), 6443)),
                        new Listener.Routing(List.of(), Optional.of("masters")),
                        new Greeting(Durations.exactly("5s"), List.of(new Network(Given.address("10.77.0.1"), 32))),
                        Durations.exactly("1h"),
                        OptionalInt.of(7),
                        WhenNoMember.REFUSE,
                        new AccessRules(
                                List.of(new Network(Given.address("10.9.0.0"), 16)),
                                List.of(new Network(Given.address("10.0.0.0"), 8)),
                                6,
                                5),
                        Optional.empty(),
                        new AccessLog.OneOf(100)),
                config.listeners().getFirst());
        VirtualRouter old = config.virtualRouters().get(1);
        assertEquals(2, old.protocol().version());
        assertEquals(Optional.of(new Password("secret")), old.protocol().password());
        assertEquals(Durations.exactly("1s"), old.intervals().own(), "the default of version 2");
        Member member = config.pools().getFirst().members().getFirst();
        assertEquals("m1.example", member.address().getHostString());
        assertEquals(Given.address("10.77.0.21"), member.address().getAddress());
        Health health = new Health(
                CheckPlan.Type.HTTPS,
                OptionalInt.of(6444),
                Optional.of("api.example"),
                new Health.Request("/livez", List.of(200, 401), OnWrongStatus.DOWN, Optional.of(pem("token"))),
                new CheckPlan.Timing(
                        Durations.exactly("2s"),
                        Durations.exactly("100ms"),
                        Durations.exactly("1s"),
                        Durations.exactly("2s"),
                        1,
                        3),
                new Health.Tls(
                        Optional.of(pem("ca.pem")),
                        Optional.of(new CertificateFiles(pem("client.pem"), pem("client.key")))));
        assertEquals(health, config.pools().getFirst().health());
        assertEquals(OptionalInt.of(9), member.maxConnections());
        assertEquals(5, config.pools().getFirst().settings().distribution().rebalancePerSecond());
        assertEquals(List.of("lb.example", "198.51.100.7"), config.admin().hosts());
        assertTrue(config.admin().haproxyNames());
    }

    @Test
    void whatIsWrittenAboutTlsArrives() {
        Config config = Given.configWithWarnings(EveryKey.TEXT);
        CertificateFiles server = new CertificateFiles(pem("server.pem"), pem("server.key"));
        assertEquals(
                Optional.of(new ListenerTls(
                        List.of(server),
                        ServerSettings.Version.TLS_1_3,
                        List.of("h2"),
                        Optional.of(
                                new ClientAuth(ClientAuth.Mode.REQUIRED, pem("ca.pem"), Optional.of(pem("crl.pem")))),
                        Optional.of(pem("tickets")))),
                config.listeners().get(1).tls());
        Listener several = config.listeners().get(2);
        assertEquals(
                Optional.of(new ListenerTls(
                        List.of(server),
                        ServerSettings.Version.TLS_1_2,
                        List.of("h2", "http/1.1"),
                        Optional.of(new ClientAuth(ClientAuth.Mode.OPTIONAL, pem("ca.pem"), Optional.empty())),
                        Optional.empty())),
                several.tls(),
                "the pool has tls, so the default alpn can be mirrored");
        assertEquals(
                List.of(
                        new Route(List.of(new ServerName("b.example", true)), List.of("h2"), "inner"),
                        new Route(List.of(new ServerName("a.example", false)), List.of(), "inner")),
                several.routing().routes());
        assertEquals(Optional.empty(), several.routing().rest());
        assertEquals(List.of("inner"), several.pools());
        Pool inner = config.pool("inner");
        assertEquals(
                Affinity.CLIENT_CERTIFICATE, inner.settings().distribution().affinity());
        assertEquals(
                Optional.of(new MemberTls(
                        Optional.of(pem("ca.pem")),
                        Optional.of("inner.example"),
                        false,
                        Optional.of(new CertificateFiles(pem("client.pem"), pem("client.key"))))),
                inner.tls());
    }

    private static Path pem(String name) {
        return Pem.DIRECTORY.resolve(name);
    }

    @Test
    void preemptHasThreeForms() {
        assertEquals(RouterSpec.Preempt.NEVER, preempt("false"));
        assertEquals(new RouterSpec.Preempt(true, Duration.ZERO), preempt("true"));
        assertEquals(new RouterSpec.Preempt(true, Durations.exactly("1m")), preempt("{delay: 60s}"));
    }

    private static RouterSpec.Preempt preempt(String written) {
        return Given.configWithWarnings(Given.KUBEADM.replace("id: 51", "id: 51, preempt: " + written))
                .virtualRouters()
                .getFirst()
                .takeover()
                .preempt();
    }

    @Test
    void offIsAWordWithAndWithoutQuotes() {
        for (String off : List.of("off", "\"off\"", "'off'")) {
            Config config = Given.config(
                    Given.KUBEADM.replace("id: 51", "id: 51, lease: " + off) + "kernel: {ipvs: " + off + "}\n");
            assertTrue(config.virtualRouters().getFirst().holding().lease().isEmpty());
            assertEquals(Ipvs.OFF, config.kernel().ipvs());
        }
    }

    @Test
    void aNodeAloneUsesMulticast() {
        Config config = Given.config(Given.KUBEADM.replace("  - {name: lb2, address: 10.77.0.12}\n", ""));
        assertEquals(
                RouterSpec.Transport.MULTICAST,
                config.virtualRouters().getFirst().protocol().transport());
        assertEquals(List.of(), config.peers());
    }

    @Test
    void everyRowIsWellFormed() {
        Set<String> paths = new HashSet<>();
        Set<String> sections = new HashSet<>(Set.of(""));
        for (Key<?> key : Keys.all()) {
            assertTrue(paths.add(key.path()), key + " is there twice");
            assertTrue(sections.contains(key.parent()), key + " stands before its section");
            assertTrue(key.doc().endsWith("."), key + " has no sentence");
            assertTrue(key.name().matches("[a-z]+(-[a-z]+)*"), key + " is not lower-case-with-dashes");
            if (key.absence() instanceof Key.Absence.Default && !isSection(key)) {
                assertNotNull(key.defaultValue(), key + " has a default that cannot be read");
            }
            if (isSection(key)) {
                sections.add(key.inside());
            }
        }
    }

    @Test
    void thisHostIsSeenWithItsLoopback() {
        Environment here = Environment.ofThisHost("lb1");
        Environment.Interface lo = here.interfaceHolding(Given.address("127.0.0.1"));
        assertNotNull(lo);
        assertEquals("lo", lo.name());
        assertNotNull(here.interfaceNamed("lo"));
        assertTrue(here.resolver().resolve("no-such-host.invalid").isEmpty());
        Loaded.Ok elsewhere = assertInstanceOf(Loaded.Ok.class, ConfigLoader.parse(Given.FILE, Given.KUBEADM, here));
        assertEquals(
                "nodes[0].address", elsewhere.waits().getFirst().path(), "it is not the host that the file is for");
    }
}
