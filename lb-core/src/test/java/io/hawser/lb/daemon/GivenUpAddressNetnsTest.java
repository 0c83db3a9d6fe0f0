package io.hawser.lb.daemon;

import static io.hawser.lb.daemon.TwoNodes.ADDRESS;
import static io.hawser.lb.daemon.TwoNodes.FIRST;
import static io.hawser.lb.daemon.TwoNodes.holds;
import static io.hawser.lb.daemon.TwoNodes.isActive;
import static io.hawser.lb.daemon.TwoNodes.texts;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import io.hawser.testkit.Lateness;
import io.hawser.testkit.Tries;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
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
@Tag("measured")
@Timeout(300)
class GivenUpAddressNetnsTest {
    private static final String PREEMPT = "preempt: true,";
    private static final int CLIENTS = 200;
    private static final int PATIENCE_MILLIS = Math.toIntExact(Await.LIMIT.toMillis());
    private static final Duration BOUND = Duration.ofMillis(50);
    private static final Duration TOO_LATE = Duration.ofMillis(20);
    private static final Duration IDLE = Duration.ofMillis(500);

    @TempDir
    Path directory;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private TwoNodes nodes;

    @BeforeEach
    void prepare() throws Exception {
        nodes = new TwoNodes(directory);
    }

    @AfterEach
    void remove() throws IOException {
        threads.shutdownNow();
        if (nodes != null) {
            nodes.close();
        }
    }

    /** A client that has heard the member's greeting and now only listens; yields when it was reset. */
    private final class Listening implements Callable<Long> {
        private final Socket socket;
        private final LinkCapture.Ports ports;

        Listening(Socket socket) throws IOException {
            this.socket = socket;
            ports = new LinkCapture.Ports(socket.getPort(), socket.getLocalPort());
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
        return nodes.client.call(() -> {
            Socket socket = new Socket(ADDRESS, port);
            if (port != 6444) {
                return new Listening(socket);
            }
            SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(socket, "api.example", port, true);
            secured.startHandshake();
            return new Listening(secured);
        });
    }

    /** What moves the address; gives from when on it counts, on the clock of {@link System#nanoTime()}. */
    private interface Event {
        long happen(LinkCapture capture) throws Exception;
    }

    private record Seen(Duration lastTold, List<String> spoilt) {}

    /**
     * Connects all clients, lets the event happen, and waits until each of them was told that its connection has ended. What
     * counts is when the packet that tells it is on the client's link.
     */
    private Seen allAreTold(Event event) throws Exception {
        List<Listening> clients = new ArrayList<>();
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, nodes.authority.bundle().toTrustManagerFactory().getTrustManagers(), null);
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(connect(context, i));
        }
        long idleAt = System.nanoTime() + IDLE.toNanos();
        TestNode.await("all are idle", () -> System.nanoTime() - idleAt >= 0);
        try (var capture = new LinkCapture(ADDRESS);
                var lateness = new Lateness()) {
            threads.submit(() -> nodes.client.call(() -> capture.run("eth7")));
            capture.awaitBegin();
            long at = event.happen(capture);
            Set<LinkCapture.Ports> all =
                    clients.stream().map(each -> each.ports).collect(Collectors.toSet());
            assertEquals(CLIENTS, all.size());
            TestNode.await("all are told", () -> capture.resets.keySet().containsAll(all));
            List<String> spoilt = lateness.spoilt(at, TOO_LATE);
            for (Listening each : clients) {
                assertTrue(each.call() > 0);
            }
            long last = all.stream()
                    .mapToLong(each -> capture.resets.get(each) - at)
                    .max()
                    .orElseThrow();
            return new Seen(Duration.ofNanos(last), spoilt);
        }
    }

    private interface Try {
        Seen make() throws Exception;
    }

    /** All are told within the bound; a try in which a thread was late by much says nothing. */
    private static void allAreToldWithinTheBound(String of, Try each) throws Exception {
        Tries.hold("those who only listen, of " + of, () -> {
            Seen seen = each.make();
            System.out.printf(
                    "of %s all %d idle clients were told within %.1f ms%n", of, CLIENTS, seen.lastTold.toNanos() / 1e6);
            boolean isWithin = seen.lastTold.compareTo(BOUND) <= 0;
            return new Tries.Try(
                    isWithin ? List.of() : List.of("the last one was told after " + seen.lastTold), seen.spoilt);
        });
    }

    private Daemon active(String better, String worse) throws Exception {
        Daemon daemon = nodes.start("one", PREEMPT, better, worse);
        TestNode.await("active", () -> isActive(daemon) && holds(nodes.first));
        return daemon;
    }

    @Test
    void tellsThoseWhoOnlyListenOfAStop() throws Exception {
        allAreToldWithinTheBound("a stop", () -> {
            Daemon daemon = active("one", "two");
            try {
                return allAreTold(_ -> {
                    long at = System.nanoTime();
                    threads.submit(daemon::close);
                    return at;
                });
            } finally {
                daemon.close();
            }
        });
    }

    @Test
    void tellsThoseWhoOnlyListenOfADrain() throws Exception {
        allAreToldWithinTheBound("a drain", () -> {
            try (Daemon daemon = active("one", "two");
                    Daemon second = nodes.start("two", PREEMPT, "one", "two")) {
                TestNode.await("the second one can serve", second::isFit);
                // Changes nothing. The first order to a process loads classes: for about 15 ms in the packaged product,
                // which
                // has them in its cache, and for several times as long here.
                order("enable");
                Seen seen = allAreTold(_ -> {
                    long at = System.nanoTime();
                    orderDrain();
                    return at;
                });
                TestNode.await("moved", () -> holds(nodes.second) && !holds(nodes.first));
                TestNode.await("no longer active", () -> !isActive(daemon));
                return seen;
            }
        });
    }

    /** As {@code hawser drain} does it, over the socket of the node "one". */
    private void orderDrain() throws IOException {
        order("drain");
    }

    private void order(String command) throws IOException {
        try (var socket = SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("one")))) {
            socket.write(ByteBuffer.wrap(
                    ("POST /commands/" + command + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
                            .getBytes(US_ASCII)));
            ByteBuffer answer = ByteBuffer.allocate(4096);
            socket.read(answer);
            String text = new String(answer.array(), 0, answer.position(), US_ASCII);
            assertTrue(text.startsWith("HTTP/1.1 200"), text);
        }
    }

    @Test
    void tellsThoseWhoOnlyListenOfABetterNode() throws Exception {
        String mac = nodes.second.run("cat", "/sys/class/net/eth7/address").strip();
        allAreToldWithinTheBound("a better node's announcement", () -> {
            try (Daemon _ = active("two", "one")) {
                List<Daemon> better = new ArrayList<>();
                try {
                    Seen seen = allAreTold(capture -> {
                        better.add(nodes.start("two", PREEMPT, "two", "one"));
                        TestNode.await("announced", () -> capture.announcements.containsKey(mac));
                        return capture.announcements.get(mac);
                    });
                    TestNode.await("moved", () -> holds(nodes.second) && !holds(nodes.first));
                    return seen;
                } finally {
                    better.forEach(Daemon::close);
                }
            }
        });
    }

    @Test
    void keepsConnectionsWhereNobodyElseTakesTheAddress() throws Exception {
        try (Daemon daemon = active("one", "two");
                Socket kept = nodes.client.call(() -> new Socket(ADDRESS, 6443))) {
            hearName(kept);
            int before = texts(daemon, "vrrp-state").size();
            daemon.operator().drain();
            TestNode.await(
                    "gone and back", () -> texts(daemon, "vrrp-state").size() == before + 2 && holds(nodes.first));
            assertEchoes(kept);
        }
    }

    @Test
    void leavesThoseAloneWhoUseAnotherAddress() throws Exception {
        try (Daemon daemon = active("one", "two");
                Socket kept = nodes.client.call(() -> new Socket(FIRST, 6445));
                Socket lost = nodes.client.call(() -> new Socket(ADDRESS, 6445))) {
            Listening listening = new Listening(lost);
            hearName(kept);
            Future<?> stopping = threads.submit(daemon::close);
            assertTrue(listening.call() > 0);
            assertTrue(!stopping.isDone(), "it waits for who uses its own address");
            assertEchoes(kept);
        }
    }

    private static void hearName(Socket socket) throws IOException {
        while (socket.getInputStream().read() != '\n') {
            // The member's name.
        }
    }

    private static void assertEchoes(Socket socket) throws IOException {
        socket.getOutputStream().write('x');
        assertEquals('x', socket.getInputStream().read());
    }
}
