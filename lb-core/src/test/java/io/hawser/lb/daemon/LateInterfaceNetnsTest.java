package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admin.RawHttp;
import io.hawser.lb.config.Cidr;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import io.hawser.sysctl.linux.NetworkNamespace;
import io.hawser.testkit.Hosts;
import io.hawser.vrrp.election.RouterState;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node that starts before its interface and its address are there takes its part when they come. */
@Tag("netns")
class LateInterfaceNetnsTest {
    private static final Environment.Interface LO =
            new Environment.Interface("lo", List.of(new Cidr(InetAddress.ofLiteral("127.0.0.1"), 8)));

    @TempDir
    Path directory;

    private final AtomicReference<List<Environment.Interface>> here = new AtomicReference<>(List.of(LO));
    private Hosts hosts;
    private NetworkNamespace namespace;

    @BeforeEach
    void prepare() {
        hosts = Hosts.open("late");
        namespace = hosts.host("1");
    }

    @AfterEach
    void remove() {
        if (hosts != null) {
            hosts.close();
        }
    }

    private Loaded load() {
        return ConfigLoader.load(
                directory.resolve("hawser.yaml"), new Environment("one", null, "one", here.get(), _ -> List.of()));
    }

    private Daemon started() {
        return switch (load()) {
            case Loaded.Invalid(var problems) -> throw new AssertionError(problems.toString());
            case Loaded.Ok(var config, var _, var waits) ->
                Daemon.start(config, List.of(), waits, new ConfigFile(directory.resolve("hawser.yaml"), this::load));
        };
    }

    private static RouterState state(Daemon daemon) {
        return daemon.routers().routersNow().getFirst().state();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "interface: eth7, "})
    void theRouterStartsWhenItsInterfaceComes(String written) throws Exception {
        EchoMember member = namespace.call(() -> new EchoMember("m1"));
        // Which interfaces are up is read from /sys, which here is that of the host: lo is in both.
        Files.writeString(
                directory.resolve("hawser.yaml"), """
                nodes: [{name: one, address: 10.78.0.11}]
                admin: {bind: "127.0.0.1:9100", socket: "%s"}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                limits: {drain: 1s}
                virtual-routers:
                  - {name: api, id: 51, addresses: [10.78.0.10], %stransport: multicast, track: {interfaces: [lo]}}
                listeners: [{name: api, bind: "127.0.0.1:6443", pool: p}]
                pools: [{name: p, health: {type: tcp, interval: 200ms}, members: [%s]}]
                """.formatted(directory.resolve("s"), written, member.yaml()));
        Daemon daemon = namespace.call(this::started);
        try (member;
                daemon) {
            assertEquals(RouterState.INITIALIZE, state(daemon));
            try (RawHttp http = RawHttp.to(directory.resolve("s"))) {
                String status = http.get("/status").body();
                assertTrue(status.contains("waits for "), status);
            }
            assertTrue(
                    daemon.events().after(0, 1_000).stream()
                            .anyMatch(event -> event.kind().equals("waiting")),
                    "an event says what is waited for");

            namespace.run("ip", "link", "add", "eth7", "type", "veth", "peer", "name", "eth8");
            namespace.run("ip", "link", "set", "eth8", "up");
            namespace.run("ip", "link", "set", "eth7", "up");
            namespace.run("ip", "addr", "add", "10.78.0.11/24", "dev", "eth7");
            here.set(List.of(
                    LO, new Environment.Interface("eth7", List.of(new Cidr(InetAddress.ofLiteral("10.78.0.11"), 24)))));
            TestNode.await("active", () -> state(daemon) == RouterState.ACTIVE);
        }
    }
}
