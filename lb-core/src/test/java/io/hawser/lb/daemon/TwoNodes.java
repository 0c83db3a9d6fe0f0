package io.hawser.lb.daemon;

import io.hawser.lb.config.Cidr;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import io.hawser.lb.tls.TestAuthority;
import io.hawser.sysctl.linux.NetworkNamespace;
import io.hawser.sysctl.linux.Veth;
import io.hawser.testkit.Hosts;
import io.hawser.vrrp.election.RouterState;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/**
 * The nodes "one" and "two", each with a member of its own, and a client, in network namespaces on one bridge. Needs root,
 * else the test is skipped.
 */
final class TwoNodes implements AutoCloseable {
    static final String ADDRESS = "10.79.1.10";
    static final String FIRST = "10.79.1.11";
    static final String SECOND = "10.79.1.12";

    /** Where the bridge is, with the ports "p1" and "p2" of the nodes. */
    final NetworkNamespace network;

    final NetworkNamespace first;
    final NetworkNamespace second;
    final NetworkNamespace client;
    final TestAuthority authority;
    private final Path directory;
    private final Hosts hosts = Hosts.open("two");
    private final List<EchoMember> members = new ArrayList<>();
    private final AtomicLong ahead = new AtomicLong();

    TwoNodes(Path directory) throws Exception {
        this.directory = directory;
        network = hosts.network("0");
        first = attached("1", FIRST);
        second = attached("2", SECOND);
        client = attached("3", "10.79.1.13");
        authority = new TestAuthority("authority", directory);
        Files.setPosixFilePermissions(
                authority.files("server", TestAuthority.server("api.example")).key(),
                PosixFilePermissions.fromString("rw-------"));
    }

    private NetworkNamespace attached(String name, String address) {
        NetworkNamespace made = hosts.host(name);
        Hosts.plug(made, "eth7", network, "p" + name);
        Veth.address(made, "eth7", InetAddress.ofLiteral(address), 24);
        return made;
    }

    /**
     * Starts a node.
     *
     * @param node "one" or "two"
     * @param router more keys of its virtual router, each followed by a comma
     * @param byPriority both names, the better one first
     */
    Daemon start(String node, String router, String... byPriority) throws Exception {
        return start(node, UnaryOperator.identity(), router, byPriority);
    }

    /**
     * The same with a file of its own.
     *
     * @param edit makes of the file that both would have the one that this node has
     */
    Daemon start(String node, UnaryOperator<String> edit, String router, String... byPriority) throws Exception {
        NetworkNamespace place = node.equals("one") ? first : second;
        return place.call(() -> {
            EchoMember member = new EchoMember("m-" + node);
            members.add(member);
            Path file = file(node);
            Files.writeString(file, edit.apply(text(node, router, member, byPriority)));
            return switch (load(file, node)) {
                case Loaded.Invalid(var problems) -> throw new AssertionError(problems.toString());
                case Loaded.Ok(Config config, var _, var _) ->
                    Daemon.start(
                            config,
                            List.of(),
                            List.of(),
                            new ConfigFile(file, () -> load(file, node)),
                            Daemon.Inputs.OF_A_NODE.with(() -> System.nanoTime() + ahead.get()));
            };
        });
    }

    /** The configuration file of a node. */
    Path file(String node) {
        return directory.resolve(node + ".yaml");
    }

    private String text(String node, String router, EchoMember member, String... byPriority) {
        return """
                nodes: [{name: %s, address: %s}, {name: %s, address: %s}]
                admin: {bind: "0.0.0.0:9100", socket: "%s"}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                limits: {drain: 5s}
                virtual-routers:
                  - {name: api, id: 51, %s addresses: [%s], track: {interfaces: [lo]}}
                listeners:
                  - {name: api, bind: "%s:6443", pool: masters}
                  - {name: all, bind: "0.0.0.0:6445", pool: masters}
                  - {name: tls, bind: "%s:6444", pool: masters, mode: tls, tls: {certificate: server.pem, key: server.key}}
                pools:
                  - name: masters
                    health: {type: tcp, interval: 200ms}
                    members: [%s]
                """.formatted(
                        byPriority[0],
                        address(byPriority[0]),
                        byPriority[1],
                        address(byPriority[1]),
                        directory.resolve(node),
                        router,
                        ADDRESS,
                        ADDRESS,
                        ADDRESS,
                        member.yaml());
    }

    private static String address(String node) {
        return node.equals("one") ? FIRST : SECOND;
    }

    private static Loaded load(Path file, String node) {
        List<Environment.Interface> interfaces = List.of(
                new Environment.Interface("lo", List.of()),
                new Environment.Interface("eth7", List.of(new Cidr(InetAddress.ofLiteral(address(node)), 24))));
        return ConfigLoader.load(file, new Environment(node, null, node, interfaces, _ -> List.of()));
    }

    /** Puts the clock forward by which both nodes look at kernel settings and at each other's configuration. */
    void pass(Duration time) {
        ahead.addAndGet(time.toNanos());
    }

    static boolean holds(NetworkNamespace host) {
        return Hosts.addresses(host).contains(ADDRESS);
    }

    static boolean isActive(Daemon daemon) {
        return daemon.routers().routersNow().getFirst().state() == RouterState.ACTIVE;
    }

    /** The texts of a node's events of one kind, oldest first. */
    static List<String> texts(Daemon daemon, String kind) {
        return daemon.events().after(0, 10_000).stream()
                .filter(event -> event.kind().equals(kind))
                .map(io.hawser.lb.admin.Event::text)
                .toList();
    }

    @Override
    public void close() throws IOException {
        for (EchoMember member : members) {
            member.close();
        }
        hosts.close();
    }
}
