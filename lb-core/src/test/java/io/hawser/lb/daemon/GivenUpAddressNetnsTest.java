package io.hawser.lb.daemon;

import static io.hawser.lb.daemon.TwoNodes.ADDRESS;
import static io.hawser.lb.daemon.TwoNodes.FIRST;
import static io.hawser.lb.daemon.TwoNodes.holds;
import static io.hawser.lb.daemon.TwoNodes.isActive;
import static io.hawser.lb.daemon.TwoNodes.texts;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
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
    private static final String PREEMPT = "preempt: true,";
    private static final int CLIENTS = 200;
    private static final int PATIENCE_MILLIS = 10_000;

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

    /** Connects all clients, does something, and waits until each of them was told that its connection has ended. */
    private void allAreTold(String of, Callable<?> event) throws Exception {
        List<Listening> clients = new ArrayList<>();
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, nodes.authority.bundle().toTrustManagerFactory().getTrustManagers(), null);
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

    private Daemon active(String better, String worse) throws Exception {
        Daemon daemon = nodes.start("one", PREEMPT, better, worse);
        TestNode.await("active", () -> isActive(daemon) && holds(nodes.first));
        return daemon;
    }

    @Test
    void tellsThoseWhoOnlyListenOfAStop() throws Exception {
        Daemon daemon = active("one", "two");
        try {
            allAreTold("a stop", () -> threads.submit(daemon::close));
        } finally {
            daemon.close();
        }
    }

    @Test
    void tellsThoseWhoOnlyListenOfADrain() throws Exception {
        try (Daemon daemon = active("one", "two");
                Daemon second = nodes.start("two", PREEMPT, "one", "two")) {
            TestNode.await("the second one can serve", second::isFit);
            allAreTold("a drain", () -> daemon.operator().drain());
            assertTrue(holds(nodes.second) && !holds(nodes.first));
        }
    }

    @Test
    void tellsThoseWhoOnlyListenOfABetterNode() throws Exception {
        try (Daemon _ = active("two", "one")) {
            List<Daemon> better = new ArrayList<>();
            try {
                allAreTold(
                        "a better node, which had to start first,",
                        () -> better.add(nodes.start("two", PREEMPT, "two", "one")));
                assertTrue(holds(nodes.second) && !holds(nodes.first));
            } finally {
                better.forEach(Daemon::close);
            }
        }
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
