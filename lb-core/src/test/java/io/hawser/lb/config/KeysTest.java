package io.hawser.lb.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.net.AddressText;
import java.net.InetSocketAddress;
import java.nio.file.Path;
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
    /** Every key of this version with a value that is not its default; its path stands behind it. */
    private static final String EVERY_KEY = """
            nodes:
              - name: lb1 # nodes[].name
                address: 10.77.0.11 # nodes[].address
                priority: 77 # nodes[].priority
                admin-port: 9999 # nodes[].admin-port
              - {name: lb2, address: 10.77.0.12}
            virtual-routers:
              - name: api # virtual-routers[].name
                id: 51 # virtual-routers[].id
                addresses: [10.77.0.10/24] # virtual-routers[].addresses
                interface: uplink # virtual-routers[].interface
                advertisement-interval: 500ms # virtual-routers[].advertisement-interval
                transport: multicast # virtual-routers[].transport
                preempt: # virtual-routers[].preempt
                  delay: 90s # virtual-routers[].preempt.delay
                checksum: rfc9568 # virtual-routers[].checksum
                longest-interval: 30s # virtual-routers[].longest-interval
                start-delay: 7s # virtual-routers[].start-delay
                virtual-mac: true # virtual-routers[].virtual-mac
                group: front # virtual-routers[].group
                notify: [/bin/true moved] # virtual-routers[].notify
                lease: off # virtual-routers[].lease
                announce: # virtual-routers[].announce
                  count: 3 # virtual-routers[].announce.count
                  again-after: off # virtual-routers[].announce.again-after
                  refresh: 30s # virtual-routers[].announce.refresh
                track: # virtual-routers[].track
                  listeners: [] # virtual-routers[].track.listeners
                  interfaces: [eth0] # virtual-routers[].track.interfaces
              - name: old
                id: 52
                addresses: [10.77.0.9]
                version: 2 # virtual-routers[].version
                preempt: {delay: 90s}
                group: front
                accept: false # virtual-routers[].accept
                authentication: # virtual-routers[].authentication
                  type: pass # virtual-routers[].authentication.type
                  password-file: PEM/password # virtual-routers[].authentication.password-file
            listeners:
              - name: kube-api # listeners[].name
                bind: ["[::1]:6443", 10.77.0.10:6443] # listeners[].bind
                pool: masters # listeners[].pool
                deny: [10.9.0.0/16] # listeners[].deny
                allow: [10.0.0.0/8] # listeners[].allow
                accept-proxy-protocol: 10.77.0.1 # listeners[].accept-proxy-protocol
                hello-timeout: 5s # listeners[].hello-timeout
                access-log: 1/100 # listeners[].access-log
                idle-timeout: 1h # listeners[].idle-timeout
                limits: # listeners[].limits
                  connections: 7 # listeners[].limits.connections
                  connections-per-source: 6 # listeners[].limits.connections-per-source
                  new-per-second-per-source: 5 # listeners[].limits.new-per-second-per-source
                when-no-member: refuse # listeners[].when-no-member
              - name: one
                bind: 10.77.0.10:444
                pool: inner
                mode: tls # listeners[].mode
                tls: # listeners[].tls
                  certificate: PEM/server.pem # listeners[].tls.certificate
                  key: PEM/server.key # listeners[].tls.key
                  min-version: 1.3 # listeners[].tls.min-version
                  alpn: [h2] # listeners[].tls.alpn
                  client-auth: # listeners[].tls.client-auth
                    mode: required # listeners[].tls.client-auth.mode
                    ca: PEM/ca.pem # listeners[].tls.client-auth.ca
                    crl: PEM/crl.pem # listeners[].tls.client-auth.crl
                  ticket-keys: PEM/tickets # listeners[].tls.ticket-keys
              - name: several
                bind: 10.77.0.10:445
                mode: tls
                tls:
                  certificates: # listeners[].tls.certificates
                    - certificate: PEM/server.pem # listeners[].tls.certificates[].certificate
                      key: PEM/server.key # listeners[].tls.certificates[].key
                  client-auth: {mode: optional, ca: PEM/ca.pem}
                routes: # listeners[].routes
                  - sni: ["*.b.example"] # listeners[].routes[].sni
                    alpn: [h2] # listeners[].routes[].alpn
                    pool: inner # listeners[].routes[].pool
                  - {sni: a.example, pool: inner}
            pools:
              - name: masters # pools[].name
                members: # pools[].members
                  - name: m1 # pools[].members[].name
                    address: m1.example:6443 # pools[].members[].address
                    weight: 50 # pools[].members[].weight
                    max-connections: 9 # pools[].members[].max-connections
                  - address: 10.77.0.22:6443
                    backup: true # pools[].members[].backup
                balance: round-robin # pools[].balance
                connect-timeout: 500ms # pools[].connect-timeout
                retries: 0 # pools[].retries
                on-down: keep # pools[].on-down
                health: # pools[].health
                  type: https # pools[].health.type
                  path: /livez # pools[].health.path
                  port: 6444 # pools[].health.port
                  host: api.example # pools[].health.host
                  expect: [200, 401] # pools[].health.expect
                  on-wrong-status: down # pools[].health.on-wrong-status
                  interval: 2s # pools[].health.interval
                  connect-timeout: 1s # pools[].health.connect-timeout
                  timeout: 2s # pools[].health.timeout
                  rise: 1 # pools[].health.rise
                  fall: 3 # pools[].health.fall
                  fast-interval: 100ms # pools[].health.fast-interval
                  bearer-token-file: PEM/token # pools[].health.bearer-token-file
                  ca: PEM/ca.pem # pools[].health.ca
                  certificate: PEM/client.pem # pools[].health.certificate
                  key: PEM/client.key # pools[].health.key
                hedge-after: off # pools[].hedge-after
                slow-start: off # pools[].slow-start
                send-proxy-protocol: v2 # pools[].send-proxy-protocol
                queue: # pools[].queue
                  length: 3 # pools[].queue.length
                  timeout: 2s # pools[].queue.timeout
                rebalance: # pools[].rebalance
                  rate: 5 # pools[].rebalance.rate
              - name: inner
                members: [10.77.0.31:443]
                affinity: # pools[].affinity
                  by: client-certificate # pools[].affinity.by
                tls: # pools[].tls
                  ca: PEM/ca.pem # pools[].tls.ca
                  server-name: inner.example # pools[].tls.server-name
                  verify: false # pools[].tls.verify
                  certificate: PEM/client.pem # pools[].tls.certificate
                  key: PEM/client.key # pools[].tls.key
            admin: # admin
              bind: 10.77.0.11:9109 # admin.bind
              socket: /run/other.sock # admin.socket
              hosts: [lb.example, 198.51.100.7] # admin.hosts
              metrics: # admin.metrics
                haproxy-names: true # admin.metrics.haproxy-names
            kernel: # kernel
              ip-forward: false # kernel.ip-forward
              nonlocal-bind: false # kernel.nonlocal-bind
              ipvs: off # kernel.ipvs
            limits: # limits
              connections: 9 # limits.connections
              fruitless-per-second-per-source: 5000 # limits.fruitless-per-second-per-source
              drain: 0s # limits.drain
            """.replace("PEM", Pem.DIRECTORY.toString());

    private static String path(String line) {
        int remark = line.indexOf(" # ");
        return remark < 0 ? "" : line.substring(remark + 3);
    }

    private static boolean isSection(Key<?> key) {
        return key.form() instanceof Form.Nested || key.form() instanceof Form.NestedList;
    }

    @Test
    void everyBuiltKeyIsInTheExampleAboveAndNoOther() {
        Set<String> built = Keys.all().stream()
                .filter(key -> !key.path().matches("nodes|virtual-routers|listeners|pools"))
                .map(Key::path)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> shown = EVERY_KEY
                .lines()
                .map(KeysTest::path)
                .filter(path -> !path.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(built, shown);
    }

    @Test
    void everyBuiltKeyChangesTheConfiguration() {
        Config all = Given.configWithWarnings(EVERY_KEY);
        Set<String> needed = new TreeSet<>();
        for (Key<?> key : Keys.all()) {
            if (isSection(key)) {
                continue;
            }
            Loaded without = Given.load(without(key));
            if (without instanceof Loaded.Ok ok) {
                assertNotEquals(all, ok.config(), key + " is accepted but not read");
            } else {
                needed.add(key.path());
            }
        }
        assertEquals(SHOWN_BELOW, needed, "these cannot be left out, so another test must show that they are read");
    }

    private static String without(Key<?> key) {
        return EVERY_KEY
                .lines()
                .map(line -> !path(line).equals(key.path())
                        ? line
                        : line.contains("- ") ? line.replace("- " + key.name() + ":", "- #") : "")
                .collect(Collectors.joining("\n"));
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
        Config config = Given.configWithWarnings(EVERY_KEY);
        assertEquals(new Node("lb1", Given.address("10.77.0.11"), 77, 9999), config.self());
        assertEquals("10.77.0.11:9999", AddressText.of(config.admin().bind()), "the node's own admin port");
        VirtualRouter router = config.virtualRouters().getFirst();
        assertEquals(List.of(Given.cidr("10.77.0.10/24")), router.addresses());
        assertEquals("api", router.name());
        assertEquals(51, router.id());
        assertEquals("masters", config.pools().getFirst().name());
        assertEquals("uplink", router.interfaceName());
        assertEquals(new Preempt.After(Durations.exactly("90s")), router.preempt());
        assertTrue(router.lease().isEmpty());
        assertEquals(new Track(List.of(), List.of("eth0")), router.track());
        assertEquals(
                new Listener(
                        "kube-api",
                        List.of(
                                new InetSocketAddress(Given.address("::1"), 6443),
                                new InetSocketAddress(Given.address("10.77.0.10"), 6443)),
                        Optional.of("masters"),
                        Durations.exactly("1h"),
                        OptionalInt.of(7),
                        WhenNoMember.REFUSE,
                        List.of(),
                        Optional.empty(),
                        new Sources(
                                List.of(Given.cidr("10.9.0.0/16")),
                                List.of(Given.cidr("10.0.0.0/8")),
                                List.of(Given.cidr("10.77.0.1/32")),
                                OptionalInt.of(6),
                                OptionalInt.of(5)),
                        Durations.exactly("5s"),
                        new AccessLog.OneOf(100)),
                config.listeners().getFirst());
        VirtualRouter old = config.virtualRouters().get(1);
        assertEquals(2, old.version());
        assertEquals(Optional.of(new Password("secret")), old.password());
        assertEquals(Durations.exactly("1s"), old.advertisementInterval(), "the default of version 2");
        Member member = config.pools().getFirst().members().getFirst();
        assertEquals("m1.example", member.address().getHostString());
        assertEquals(Given.address("10.77.0.21"), member.address().getAddress());
        Health health = new Health(
                HealthType.HTTPS,
                "/livez",
                OptionalInt.of(6444),
                Optional.of("api.example"),
                List.of(200, 401),
                OnWrongStatus.DOWN,
                Durations.exactly("2s"),
                Durations.exactly("1s"),
                Durations.exactly("2s"),
                1,
                3,
                Durations.exactly("100ms"),
                Optional.of(pem("token")),
                Optional.of(pem("ca.pem")),
                Optional.of(pem("client.pem")),
                Optional.of(pem("client.key")));
        assertEquals(health, config.pools().getFirst().health());
        assertEquals(OptionalInt.of(9), member.maxConnections());
        assertEquals(Optional.of(new Rebalance(5)), config.pools().getFirst().rebalance());
        assertEquals(List.of("lb.example", "198.51.100.7"), config.admin().hosts());
        assertTrue(config.admin().haproxyNames());
    }

    @Test
    void whatIsWrittenAboutTlsArrives() {
        Config config = Given.configWithWarnings(EVERY_KEY);
        CertificateFiles server = new CertificateFiles(pem("server.pem"), pem("server.key"));
        assertEquals(
                Optional.of(new ListenerTls(
                        List.of(server),
                        TlsVersion.TLS_1_3,
                        List.of("h2"),
                        Optional.of(
                                new ClientAuth(ClientAuth.Mode.REQUIRED, pem("ca.pem"), Optional.of(pem("crl.pem")))),
                        Optional.of(pem("tickets")))),
                config.listeners().get(1).tls());
        Listener several = config.listeners().get(2);
        assertEquals(
                Optional.of(new ListenerTls(
                        List.of(server),
                        TlsVersion.TLS_1_2,
                        List.of("h2", "http/1.1"),
                        Optional.of(new ClientAuth(ClientAuth.Mode.OPTIONAL, pem("ca.pem"), Optional.empty())),
                        Optional.empty())),
                several.tls(),
                "the pool has tls, so the default alpn can be mirrored");
        assertEquals(
                List.of(
                        new Route(List.of(new ServerName("b.example", true)), List.of("h2"), "inner"),
                        new Route(List.of(new ServerName("a.example", false)), List.of(), "inner")),
                several.routes());
        assertEquals(Optional.empty(), several.pool());
        assertEquals(List.of("inner"), several.pools());
        Pool inner = config.pool("inner");
        assertEquals(Optional.of(AffinityBy.CLIENT_CERTIFICATE), inner.affinity());
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
        assertEquals(new Preempt.Never(), preempt("false"));
        assertEquals(new Preempt.Immediately(), preempt("true"));
        assertEquals(new Preempt.After(Durations.exactly("1m")), preempt("{delay: 60s}"));
    }

    private static Preempt preempt(String written) {
        return Given.configWithWarnings(Given.KUBEADM.replace("id: 51", "id: 51, preempt: " + written))
                .virtualRouters()
                .getFirst()
                .preempt();
    }

    @Test
    void offIsAWordWithAndWithoutQuotes() {
        for (String off : List.of("off", "\"off\"", "'off'")) {
            Config config = Given.config(
                    Given.KUBEADM.replace("id: 51", "id: 51, lease: " + off) + "kernel: {ipvs: " + off + "}\n");
            assertTrue(config.virtualRouters().getFirst().lease().isEmpty());
            assertEquals(Ipvs.OFF, config.kernel().ipvs());
        }
    }

    @Test
    void aNodeAloneUsesMulticast() {
        Config config = Given.config(Given.KUBEADM.replace("  - {name: lb2, address: 10.77.0.12}\n", ""));
        assertEquals(Transport.MULTICAST, config.virtualRouters().getFirst().transport());
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
