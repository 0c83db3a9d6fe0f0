package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.net.Buffer;
import io.hawser.lb.net.BufferPool;
import io.hawser.lb.net.Endpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers that vanish are noticed, and peers that are only slow are left alone. */
@Timeout(300)
class LivenessTest {
    private static final int SOL_SOCKET = 1;
    private static final int SO_KEEPALIVE = 9;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_NODELAY = 1;
    private static final int TCP_KEEPIDLE = 4;
    private static final int TCP_KEEPINTVL = 5;
    private static final int TCP_USER_TIMEOUT = 18;

    @Test
    void bothSidesOfALastingConnectionAreProbed() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture =
                        Fixture.serving(new ProxySettings(1, 10, 0), PoolSettings.DEFAULTS, member.address());
                Socket client = fixture.connect()) {
            client.getOutputStream().write(1);
            assertEquals(1, client.getInputStream().read());

            for (Function<Connection, @Nullable Endpoint> side :
                    List.<Function<Connection, @Nullable Endpoint>>of(Connection::client, Connection::member)) {
                Peers.await("set by the sweep", () -> option(fixture, side, IPPROTO_TCP, TCP_USER_TIMEOUT) == 14_000);
                assertEquals(1, option(fixture, side, IPPROTO_TCP, TCP_NODELAY));
                assertEquals(1, option(fixture, side, SOL_SOCKET, SO_KEEPALIVE));
                int idle = option(fixture, side, IPPROTO_TCP, TCP_KEEPIDLE);
                assertTrue(idle >= 6 && idle <= 8, () -> "first probe after " + idle + " s");
                assertEquals(1, option(fixture, side, IPPROTO_TCP, TCP_KEEPINTVL));
            }
        }
    }

    /** That the one before was looked after already says nothing of its successor. */
    @Test
    void aMemberThatTakesThePlaceOfAnotherIsProbedToo() throws Exception {
        AtomicInteger come = new AtomicInteger();
        CountDownLatch leave = new CountDownLatch(1);
        CountDownLatch stop = new CountDownLatch(1);
        Peers.Behaviour silent = socket -> (come.getAndIncrement() == 0 ? leave : stop).await();
        try (Peers.Server one = new Peers.Server(silent);
                Peers.Server two = new Peers.Server(silent);
                Fixture fixture = Fixture.serving(
                        new ProxySettings(1, 10, 0), PoolSettings.DEFAULTS, one.address(), two.address());
                Socket client = fixture.connect()) {
            for (int members = 1; members <= 2; members++) {
                int count = members;
                Peers.await("member " + count, () -> come.get() == count);
                Peers.await("set by the sweep", () -> {
                    fixture.pass(Duration.ofSeconds(1));
                    return option(fixture, Connection::member, IPPROTO_TCP, TCP_USER_TIMEOUT) == 14_000;
                });
                leave.countDown();
            }
            stop.countDown();
            assertEquals(-1, client.getInputStream().read(), "no member is left");
        }
    }

    @Test
    void aPeerThatAnswersButDoesNotReadIsGivenAllTheTimeItNeeds() throws Exception {
        CountDownLatch stop = new CountDownLatch(1);
        try (Peers.Server member = new Peers.Server(socket -> {
                    Peers.sendNoise(socket.getOutputStream(), 1, 24 << 20);
                    stop.await();
                });
                Fixture fixture =
                        Fixture.serving(new ProxySettings(1, 10, 1 << 20), PoolSettings.DEFAULTS, member.address());
                Socket client = fixture.connect()) {
            Peers.await("stalled", () -> fixture.bufferBytes() == Buffer.allocated(BufferPool.LARGE));
            assertEquals(14_000, option(fixture, Connection::client, IPPROTO_TCP, TCP_USER_TIMEOUT));

            Peers.await("lifted", () -> {
                fixture.pass(Duration.ofSeconds(4));
                return option(fixture, Connection::client, IPPROTO_TCP, TCP_USER_TIMEOUT) == 0;
            });

            client.getInputStream().readNBytes(24 << 20);
            Peers.await("put back", () -> {
                fixture.pass(Duration.ofSeconds(4));
                return option(fixture, Connection::client, IPPROTO_TCP, TCP_USER_TIMEOUT) == 14_000;
            });
            stop.countDown();
        }
    }

    /** The option of the first established connection; -1 while there is none, or no such side. */
    private static int option(Fixture fixture, Function<Connection, @Nullable Endpoint> side, int level, int name) {
        IoLoop loop = fixture.proxy.loops().getFirst();
        return Peers.joined(CompletableFuture.supplyAsync(
                () -> {
                    List<Integer> values = new ArrayList<>();
                    loop.established().forEach(connection -> {
                        try {
                            Endpoint endpoint = side.apply((Connection) connection);
                            if (endpoint != null) {
                                values.add(endpoint.socket().getIntOpt(level, name));
                            }
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    });
                    return values.isEmpty() ? -1 : values.getFirst();
                },
                loop.executor()));
    }

    /** Real time on purpose: it is the kernel that is asked. */
    @Test
    @Tag("netns")
    void aClientThatVanishesIsNoticedWithin30SecondsIdleOrNot() throws Exception {
        assumeTrue(Files.isWritable(Path.of("/proc/sys/net/ipv4/ip_forward")), "needs root, to make a namespace");
        CountDownLatch vanished = new CountDownLatch(1);
        CountDownLatch sent = new CountDownLatch(1);
        try (Namespace clients = new Namespace();
                Peers.Server member = new Peers.Server(socket -> {
                    if (socket.getInputStream().read() == 's') {
                        vanished.await();
                        socket.getOutputStream().write(new byte[1000]);
                        sent.countDown();
                    }
                    socket.getInputStream().read();
                });
                Fixture fixture = new Fixture(Fixture.settings(10), PoolSettings.DEFAULTS, member.address())) {
            fixture.proxy.apply(
                    List.of(ListenerPlan.of("api", new InetSocketAddress(Namespace.OUTSIDE, 0), fixture.pool)));
            clients.connect(fixture.address(), "i");
            clients.connect(fixture.address(), "s");
            Peers.await("both connected", () -> member.connections() == 2);

            clients.vanish();
            vanished.countDown();
            assertTrue(sent.await(30, TimeUnit.SECONDS));

            Peers.await("both are lost", () -> fixture.ended(Outcome.CLIENT_LOST) == 2);
        }
    }

    /**
     * After a takeover all clients connect within a second, and are probed within one later on: more packets in a moment than
     * the queue of an interface takes. Real time on purpose, as above.
     */
    @Test
    @Tag("netns")
    void connectionsThatAreProbedAtOnceOutliveAQueueThatIsShort() throws Exception {
        assumeTrue(Files.isWritable(Path.of("/proc/sys/net/ipv4/ip_forward")), "needs root, to make a namespace");
        int many = 1_000;
        List<Socket> clients = new ArrayList<>();
        try (Namespace members = new Namespace();
                Fixture fixture = new Fixture(
                        new ProxySettings(1, many, 0),
                        PoolSettings.DEFAULTS,
                        new InetSocketAddress(Namespace.INSIDE, members.serve()))) {
            fixture.proxy.apply(List.of(ListenerPlan.of("api", Fixture.ANY_PORT, fixture.pool)));
            for (int i = 0; i < many; i++) {
                clients.add(new Socket(
                        fixture.address().getAddress(), fixture.address().getPort()));
            }
            fixture.awaitActive(many);
            members.shorten(5_000);

            fixture.pass(Duration.ofSeconds(2));
            TimeUnit.SECONDS.sleep(17); // an answer is missed for good after 14 s

            assertEquals(0, fixture.ended(Outcome.MEMBER_LOST), "ended for want of an answer");
            assertEquals(many, fixture.proxy.snapshot().active());
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    /** A network namespace at the end of a cable. */
    private static final class Namespace implements AutoCloseable {
        static final String OUTSIDE = "198.18.77.1";
        private static final String INSIDE = "198.18.77.2";
        private final String name = "proxy-" + ProcessHandle.current().pid();
        private final String cable = "px" + ProcessHandle.current().pid();
        private final List<Process> clients = new ArrayList<>();

        Namespace() throws Exception {
            run("ip", "netns", "add", name);
            run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name);
            run("ip", "addr", "add", OUTSIDE + "/30", "dev", cable);
            run("ip", "link", "set", cable, "up");
            run("ip", "-n", name, "addr", "add", INSIDE + "/30", "dev", "eth0");
            run("ip", "-n", name, "link", "set", "eth0", "up");
        }

        void connect(InetSocketAddress address, String word) throws IOException {
            String script = "import socket,sys,time\n"
                    + "s=socket.create_connection((sys.argv[1],int(sys.argv[2])))\n"
                    + "s.sendall(sys.argv[3].encode())\nprint('connected',flush=True)\ntime.sleep(90)\n";
            Process client = new ProcessBuilder(
                            "ip",
                            "netns",
                            "exec",
                            name,
                            "python3",
                            "-c",
                            script,
                            address.getAddress().getHostAddress(),
                            String.valueOf(address.getPort()),
                            word)
                    .start();
            clients.add(client);
            try (BufferedReader output = client.inputReader(StandardCharsets.US_ASCII)) {
                assertNotNull(output.readLine());
            }
        }

        /** Has somebody inside accept whatever comes; gives the port. */
        int serve() throws IOException {
            String script = "import socket\nlistener=socket.create_server(('" + INSIDE + "',0),backlog=4096)\n"
                    + "print(listener.getsockname()[1],flush=True)\nkept=[]\n"
                    + "while True: kept.append(listener.accept())\n";
            Process server = new ProcessBuilder("ip", "netns", "exec", name, "python3", "-c", script).start();
            clients.add(server);
            return Integer.parseInt(
                    server.inputReader(StandardCharsets.US_ASCII).readLine());
        }

        /** What is sent from the inside waits in a queue of so many bytes, and is dropped beyond. */
        void shorten(int bytes) throws Exception {
            run(
                    "tc",
                    "-n",
                    name,
                    "qdisc",
                    "add",
                    "dev",
                    "eth0",
                    "root",
                    "tbf",
                    "rate",
                    "5mbit",
                    "burst",
                    String.valueOf(bytes),
                    "limit",
                    String.valueOf(bytes));
        }

        /** Without a word: the inside of the cable goes silent, the outside stays up. */
        void vanish() throws Exception {
            run("ip", "netns", "exec", name, "nft", "add", "table", "inet", "silence");
            run(
                    "ip",
                    "netns",
                    "exec",
                    name,
                    "nft",
                    "add",
                    "chain",
                    "inet",
                    "silence",
                    "in",
                    "{ type filter hook input priority 0; policy drop; }");
        }

        @Override
        public void close() throws Exception {
            clients.forEach(Process::destroyForcibly);
            run("ip", "link", "del", cable);
            run("ip", "netns", "del", name);
        }

        private static void run(String... command) throws Exception {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, process.waitFor(), String.join(" ", command) + ": " + output);
        }
    }
}
