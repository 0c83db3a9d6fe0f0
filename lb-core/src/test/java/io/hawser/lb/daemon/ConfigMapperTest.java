package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admin.AdminServer;
import io.hawser.lb.admission.AccessRules;
import io.hawser.lb.admission.Network;
import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.Balance;
import io.hawser.lb.balance.Distribution;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.MemberPlan;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.config.Cidr;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import io.hawser.vrrp.RouterSpec;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the configuration says of balancing and protection reaches the parts that do it. */
class ConfigMapperTest {

    @Test
    void everyKeyOfBalancingArrives() {
        io.hawser.lb.config.Pool pool = config("""
                pools:
                  - name: masters
                    members:
                      - {name: m1, address: "127.0.0.1:1", weight: 50, max-connections: 7}
                      - {name: m2, address: "127.0.0.1:2", backup: true}
                    balance: random
                    affinity: {by: source-ip}
                    slow-start: 45s
                    queue: {length: 9, timeout: 3s}
                    rebalance: {rate: 5}
                    health: {type: tcp}
                """, "").pools().getFirst();

        PoolSettings settings = pool.settings();

        assertEquals(Balance.RANDOM, settings.balance());
        assertEquals(
                new Distribution(Affinity.SOURCE_IP, Duration.ofSeconds(45), 9, Duration.ofSeconds(3), 5),
                settings.distribution());
        assertEquals(
                List.of(
                        new MemberPlan("m1", new InetSocketAddress("127.0.0.1", 1), 50, false, 7),
                        new MemberPlan("m2", new InetSocketAddress("127.0.0.1", 2), 100, true, Member.UNLIMITED)),
                ConfigMapper.members(pool));
    }

    @Test
    void theDefaultsOfTheProxyAreThoseOfTheFile() {
        io.hawser.lb.config.Pool pool =
                config(poolWith("retries: 3"), "").pools().getFirst();
        assertEquals(PoolSettings.DEFAULTS, pool.settings());
    }

    /** What the check of a file takes, a check of members takes: else a start would end by it. */
    @Test
    void everyStatusThatTheFileMayExpectIsExpected() {
        for (int status : new int[] {200, 599}) {
            String text = "pools: [{name: masters, members: [\"127.0.0.1:1\"], health: {type: http, expect: " + status
                    + "}}]";
            assertEquals(
                    Set.of(status),
                    ConfigMapper.check(config(text, "").pools().getFirst().health())
                            .request()
                            .expect());
        }
    }

    @Test
    void everyWayToBalanceIsKnown() {
        for (Balance balance : Balance.values()) {
            String word = balance.name().toLowerCase(Locale.ROOT).replace('_', '-');
            assertEquals(
                    balance,
                    config(poolWith("balance: " + word), "")
                            .pools()
                            .getFirst()
                            .settings()
                            .balance());
        }
        assertEquals(
                Duration.ZERO,
                config(poolWith("slow-start: off"), "")
                        .pools()
                        .getFirst()
                        .settings()
                        .distribution()
                        .slowStart());
    }

    /** A router is told when its specification is another one. */
    @Test
    void anotherPasswordInTheSameFileIsAnotherRouter(@TempDir Path directory) throws Exception {
        Path password = Files.createFile(
                directory.resolve("password"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Path file = directory.resolve("hawser.yaml");
        Files.writeString(file, """
                nodes: [{name: one, address: 10.78.0.11}]
                virtual-routers:
                  - {name: api, id: 51, version: 2, addresses: [10.78.0.10], authentication: {type: pass, password-file: password}}
                """);
        List<Environment.Interface> interfaces =
                List.of(new Environment.Interface("eth7", List.of(new Cidr(InetAddress.ofLiteral("10.78.0.11"), 24))));
        Environment host = new Environment("one", null, "one", interfaces, _ -> List.of());
        Files.writeString(password, "former\n");
        List<RouterSpec> before = ConfigMapper.routers(loaded(ConfigLoader.load(file, host)));
        assertEquals(before, ConfigMapper.routers(loaded(ConfigLoader.load(file, host))));

        Files.writeString(password, "latter\n");

        assertNotEquals(before, ConfigMapper.routers(loaded(ConfigLoader.load(file, host))));
    }

    private static Config loaded(Loaded loaded) {
        return switch (loaded) {
            case Loaded.Invalid(var problems) -> throw new AssertionError(problems.toString());
            case Loaded.Ok(Config config, var _, var _) -> config;
        };
    }

    @Test
    void whoMayConnectArrives() throws Exception {
        Config config = config(poolWith("retries: 1"), """
                    allow: [127.0.0.0/8, "2001:db8::/32"]
                    deny: [127.0.0.9]
                    limits: {connections-per-source: 3, new-per-second-per-source: 4}
                """);

        AccessRules access = ConfigMapper.listener(
                        config.listeners().getFirst(), name -> new Pool(name, PoolSettings.DEFAULTS, List.of()))
                .access();

        assertEquals(
                new AccessRules(
                        List.of(new Network(InetAddress.getByName("127.0.0.9"), 32)),
                        List.of(
                                new Network(InetAddress.getByName("127.0.0.0"), 8),
                                new Network(InetAddress.getByName("2001:db8::"), 32)),
                        3,
                        4),
                access);
    }

    @Test
    void theLongestIntervalBelievedOfAPeerArrives() {
        String router = """
                virtual-routers: [{name: api, id: 51, interface: lo, addresses: [10.77.0.10], advertisement-interval: 50ms%s}]
                """;
        Config written = config(poolWith("retries: 1") + router.formatted(", longest-interval: 2s"), "");
        assertEquals(
                Duration.ofSeconds(2),
                ConfigMapper.routers(written).getFirst().intervals().longest());
        Config left = config(poolWith("retries: 1") + router.formatted(""), "");
        assertEquals(
                Duration.ofSeconds(1),
                ConfigMapper.routers(left).getFirst().intervals().longest(),
                "ten times the interval, at least 1 s");
    }

    /** What connections may not take: else the admin port, which decides about life, would be short of them. */
    @Test
    void descriptorsArePutAsideForAllThatMayBeOpenBesideConnections() throws Exception {
        Config small = config(poolWith("retries: 1"), "");
        int kept = ConfigMapper.reservedFiles(small, 1, 4);
        assertTrue(kept >= AdminServer.mostConnections(1) + 64 + 4 * 4, kept + " kept");
        assertEquals(128 + 3 * 32, AdminServer.mostConnections(1), "strangers, loopback, the node, the socket");

        Config more = config(poolWith("retries: 1"), "", "127.0.0.2", "127.0.0.3");
        assertTrue(ConfigMapper.reservedFiles(more, 1, 4) >= kept + 2 * 32, "places for two more nodes");
        assertTrue(ConfigMapper.reservedFiles(small, 501, 4) >= kept + 500, "checks of 500 more members");
    }

    private static String poolWith(String key) {
        return """
                pools:
                  - {name: masters, members: ["127.0.0.1:1"], health: {type: tcp}, %s}
                """.formatted(key);
    }

    private static Config config(String pools, String listener, String... others) {
        StringBuilder nodes = new StringBuilder("nodes: [{name: one, address: 127.0.0.1}");
        for (String other : others) {
            nodes.append(", {name: n")
                    .append(nodes.length())
                    .append(", address: ")
                    .append(other)
                    .append("}");
        }
        String text = nodes + "]\n" + """
                listeners:
                  - name: api
                    bind: "127.0.0.1:6443"
                    pool: masters
                """ + listener + pools;
        return switch (ConfigLoader.parse(Path.of("test.yaml"), text, Environment.ofThisHost("one"))) {
            case Loaded.Ok(Config config, var _, var _) -> config;
            case Loaded.Invalid(var problems) -> throw new AssertionError(problems + "\n" + text);
        };
    }
}
