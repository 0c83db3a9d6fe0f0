package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.lb.config.Cidr;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import io.hawser.lb.tls.TestAuthority;
import io.hawser.sysctl.linux.NetworkNamespace;
import io.hawser.vrrp.RouterState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever a node gives its address up for, clients that only listen are told: 200 of them, half over TLS, in a network
 * namespace of their own, so that what they hear has left the node as a packet.
 */
@Tag("netns")
@Timeout(120)
class GivenUpAddressNetnsTest {
    private static final String ADDRESS = "10.79.1.10";
    private static final int CLIENTS = 200;
    private static final int PATIENCE_MILLIS = 10_000;

    @TempDir
    Path directory;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<NetworkNamespace> namespaces = new ArrayList<>();
    private NetworkNamespace network;
    private NetworkNamespace client;
    private NetworkNamespace own;
    private NetworkNamespace peer;
    private TestAuthority authority;

    @BeforeEach
    void prepare() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root to make network namespaces");
        network = create("0");
        network.run("ip", "link", "add", "bridge", "type", "bridge");
        network.run("ip", "link", "set", "bridge", "up");
        own = attached("1", "10.79.1.11/24");
        peer = attached("2", "10.79.1.12/24");
        client = attached("3", "10.79.1.13/24");
        authority = new TestAuthority("authority", directory);
        Files.setPosixFilePermissions(
                authority.files("server", TestAuthority.server("api.example")).key(),
                PosixFilePermissions.fromString("rw-------"));
    }

    private NetworkNamespace create(String name) {
        NetworkNamespace made =
                NetworkNamespace.create("hawser-gone-" + ProcessHandle.current().pid() + "-" + name);
        namespaces.add(made);
        return made;
    }

    private NetworkNamespace attached(String name, String address) {
        NetworkNamespace made = create(name);
        network.run("ip", "link", "add", "p" + name, "type", "veth", "peer", "name", "eth7", "netns", made.name());
        network.run("ip", "link", "set", "p" + name, "master", "bridge", "up");
        made.run("ip", "link", "set", "lo", "up");
        made.run("ip", "link", "set", "eth7", "up");
        made.run("ip", "addr", "add", address, "dev", "eth7");
        return made;
    }

    @AfterEach
    void remove() {
        threads.shutdownNow();
        namespaces.forEach(NetworkNamespace::close);
    }

    /** A node of the two; the first in the list is the better one, and takes the address. */
    private Daemon started(String node, EchoMember member, String... byPriority) throws IOException {
        Path file = directory.resolve(node + ".yaml");
        Files.writeString(file, """
                nodes: [{name: %s, address: %s}, {name: %s, address: %s}]
                admin: {bind: "%s:9100", socket: "%s"}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                limits: {drain: 5s}
                virtual-routers:
                  - {name: api, id: 51, addresses: [%s], preempt: true, track: {interfaces: [lo]}}
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
                        address(node),
                        directory.resolve(node),
                        ADDRESS,
                        ADDRESS,
                        ADDRESS,
                        member.yaml()));
        return switch (load(file, node)) {
            case Loaded.Invalid(var problems) -> throw new AssertionError(problems.toString());
            case Loaded.Ok(Config config, var _, var _) ->
                Daemon.start(config, List.of(), new ConfigFile(file, () -> load(file, node)));
        };
    }

    private static String address(String node) {
        return node.equals("one") ? "10.79.1.11" : "10.79.1.12";
    }

    private static Loaded load(Path file, String node) {
        List<Environment.Interface> interfaces = List.of(
                new Environment.Interface("lo", List.of()),
                new Environment.Interface("eth7", List.of(new Cidr(InetAddress.ofLiteral(address(node)), 24))));
        return ConfigLoader.load(file, new Environment(node, null, node, interfaces, _ -> List.of()));
    }

    private boolean holds(NetworkNamespace host) {
        return host.run("ip", "-4", "-brief", "addr", "show", "dev", "eth7").contains(ADDRESS + "/");
    }

    private static boolean isActive(Daemon daemon) {
        return daemon.parts().speaker().routersNow().getFirst().state() == RouterState.ACTIVE;
    }

    /** A client that has heard the member's greeting and now only listens; yields when it was reset. */
    private final class Listening implements Callable<Long> {
        private final Socket socket;

        Listening(Socket socket) throws IOException {
            this.socket = socket;
            socket.setSoTimeout(PATIENCE_MILLIS);
            hearName(socket);
        }

        @Override
        public Long call() throws IOException {
            try (socket) {
                int heard = socket.getInputStream().read();
                throw new AssertionError("it was to be reset, and heard " + heard);
            } catch (SocketTimeoutException e) {
                throw new AssertionError("heard nothing", e);
            } catch (SocketException e) {
                assertTrue(String.valueOf(e.getMessage()).contains("reset"), e.getMessage());
                return System.nanoTime();
            }
        }
    }

    private Listening connect(SSLContext context, int index) throws Exception {
        int port = index % 4 == 0 ? 6443 : index % 4 == 1 ? 6445 : 6444;
        return client.call(() -> {
            Socket socket = new Socket(ADDRESS, port);
            if (port != 6444) {
                return new Listening(socket);
            }
            SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(socket, "api.example", port, true);
            secured.startHandshake();
            return new Listening(secured);
        });
    }

    /** Connects all clients, does something, and waits until each of them was told that its connection has ended. */
    private void allAreTold(String of, Callable<?> event) throws Exception {
        List<Listening> clients = new ArrayList<>();
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, authority.bundle().toTrustManagerFactory().getTrustManagers(), null);
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(connect(context, i));
        }
        List<Future<Long>> told = clients.stream().map(threads::submit).toList();
        long at = System.nanoTime();
        event.call();
        long last = at;
        for (Future<Long> each : told) {
            last = Math.max(last, each.get());
        }
        assertEquals(CLIENTS, told.size());
        System.out.printf("of %s all %d idle clients were told within %.1f ms%n", of, CLIENTS, (last - at) / 1e6);
    }

    @Test
    void tellsThoseWhoOnlyListenOfAStop() throws Exception {
        try (EchoMember member = own.call(() -> new EchoMember("m1"))) {
            Daemon daemon = own.call(() -> started("one", member, "two", "one"));
            try {
                TestNode.await("active", () -> isActive(daemon) && holds(own));
                allAreTold("a stop", () -> threads.submit(daemon::close));
            } finally {
                daemon.close();
            }
        }
    }

    @Test
    void tellsThoseWhoOnlyListenOfADrain() throws Exception {
        try (EchoMember member = own.call(() -> new EchoMember("m1"));
                EchoMember other = peer.call(() -> new EchoMember("m1"));
                Daemon daemon = own.call(() -> started("one", member, "one", "two"));
                Daemon second = peer.call(() -> started("two", other, "one", "two"))) {
            TestNode.await("active", () -> isActive(daemon) && holds(own));
            TestNode.await("the second one can serve", second::isFit);
            allAreTold("a drain", () -> daemon.operator().drain());
            assertTrue(holds(peer) && !holds(own));
        }
    }

    @Test
    void tellsThoseWhoOnlyListenOfABetterNode() throws Exception {
        try (EchoMember member = own.call(() -> new EchoMember("m1"));
                EchoMember other = peer.call(() -> new EchoMember("m1"));
                Daemon daemon = own.call(() -> started("one", member, "two", "one"))) {
            TestNode.await("active", () -> isActive(daemon) && holds(own));
            List<Daemon> better = new ArrayList<>();
            try {
                allAreTold(
                        "a better node, which had to start first,",
                        () -> better.add(peer.call(() -> started("two", other, "two", "one"))));
                assertTrue(holds(peer) && !holds(own));
            } finally {
                better.forEach(Daemon::close);
            }
        }
    }

    @Test
    void keepsConnectionsWhereNobodyElseTakesTheAddress() throws Exception {
        try (EchoMember member = own.call(() -> new EchoMember("m1"));
                Daemon daemon = own.call(() -> started("one", member, "one", "two"))) {
            TestNode.await("active", () -> isActive(daemon) && holds(own));
            try (Socket kept = client.call(() -> new Socket(ADDRESS, 6443))) {
                hearName(kept);
                long transitions = transitions(daemon);
                daemon.operator().drain();
                TestNode.await("gone and back", () -> transitions(daemon) == transitions + 2 && holds(own));
                kept.getOutputStream().write('x');
                assertEquals('x', kept.getInputStream().read());
            }
        }
    }

    private static long transitions(Daemon daemon) {
        return daemon.events().after(0, 10_000).stream()
                .filter(event -> event.kind().equals("vrrp-state"))
                .count();
    }

    private static void hearName(Socket socket) throws IOException {
        while (socket.getInputStream().read() != '\n') {
            // The member's name.
        }
    }

    @Test
    void leavesThoseAloneWhoUseAnotherAddress() throws Exception {
        try (EchoMember member = own.call(() -> new EchoMember("m1"));
                Daemon daemon = own.call(() -> started("one", member, "one", "two"))) {
            TestNode.await("active", () -> isActive(daemon) && holds(own));
            try (Socket kept = client.call(() -> new Socket("10.79.1.11", 6445));
                    Socket lost = client.call(() -> new Socket(ADDRESS, 6445))) {
                Listening listening = new Listening(lost);
                hearName(kept);
                Future<?> stopping = threads.submit(daemon::close);
                assertTrue(listening.call() > 0);
                assertTrue(!stopping.isDone(), "it waits for who uses its own address");
                kept.getOutputStream().write('x');
                assertEquals('x', kept.getInputStream().read());
            }
        }
    }
}
