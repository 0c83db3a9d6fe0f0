package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Member;
import io.hawser.testkit.Await;
import io.hawser.testkit.Ports;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two members of which one at a time may be written to, as of a database, and checks that ask which. */
class RoleCheckTest {
    @TempDir
    @Nullable
    Path directory;

    private final Database one;
    private final Database two;
    private @Nullable TestNode node;

    /** A member that writes down what it is sent, says so, and answers on the same port whether it is the primary. */
    private static final class Database implements AutoCloseable {
        private final String name;
        private final ServerSocket server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        private final Set<Socket> open = ConcurrentHashMap.newKeySet();
        private final AtomicInteger denials = new AtomicInteger();
        private volatile boolean isPrimary;

        Database(String name, boolean isPrimary) throws IOException {
            this.name = name;
            this.isPrimary = isPrimary;
            Thread.ofVirtual().start(this::accept);
        }

        private void accept() {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    open.add(socket);
                    Thread.ofVirtual().start(() -> serve(socket));
                } catch (IOException e) {
                    return;
                }
            }
        }

        private void serve(Socket socket) {
            try (socket) {
                var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    if (line.startsWith("GET /")) {
                        String status = isPrimary ? "200 OK" : "503 Service Unavailable";
                        send(socket, "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                        if (!isPrimary) {
                            denials.incrementAndGet();
                        }
                        return;
                    }
                    send(socket, name + " has " + line + "\n");
                }
            } catch (IOException e) {
                // A client that hangs up.
            } finally {
                open.remove(socket);
            }
        }

        private static void send(Socket socket, String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(US_ASCII));
        }

        @Override
        public void close() throws IOException {
            server.close();
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    private static final class Client implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader in;

        Client(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout(Math.toIntExact(Await.LIMIT.toMillis()));
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
        }

        /** What is answered; null when the connection has ended. */
        @Nullable
        String write(String line) throws IOException {
            Database.send(socket, line + "\n");
            return in.readLine();
        }

        /** Waits for the end of the connection. */
        boolean isEnded() {
            try {
                return in.readLine() == null;
            } catch (java.net.SocketTimeoutException e) {
                return false;
            } catch (IOException e) {
                return true;
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    RoleCheckTest() throws IOException {
        one = new Database("one", true);
        two = new Database("two", false);
    }

    private int port;

    @BeforeEach
    void choosePort() throws IOException {
        port = Ports.free();
    }

    private TestNode start(String fall) throws IOException {
        TestNode started = TestNode.start(
                directory, """
                listeners: [{name: db, bind: "127.0.0.1:%d", pool: db}]
                pools:
                  - name: db
                    health: {type: http, path: /primary, interval: 50ms, fast-interval: 50ms, fall: %s}
                    members: [{name: one, address: "127.0.0.1:%d"}, {name: two, address: "127.0.0.1:%d"}]
                """.formatted(port, fall, one.server.getLocalPort(), two.server.getLocalPort()));
        node = started;
        return started;
    }

    @AfterEach
    void stop() throws IOException {
        if (node != null) {
            node.close();
        }
        one.close();
        two.close();
    }

    private static Member.Health healthOf(TestNode of, String member) {
        return of.daemon.active().pools().values().stream()
                .flatMap(pool -> pool.members().all().stream())
                .filter(each -> each.name().equals(member))
                .findFirst()
                .orElseThrow()
                .health();
    }

    @Test
    void aMemberThatIsNoPrimaryAnyMoreLosesItsConnectionsAtItsFirstWord() throws Exception {
        TestNode db = start("100");
        TestNode.await("one up", () -> healthOf(db, "one") == Member.Health.UP);
        TestNode.await("two down", () -> healthOf(db, "two") == Member.Health.DOWN);
        try (var client = new Client(port)) {
            assertEquals("one has 1", client.write("1"));
            one.isPrimary = false;
            assertTrue(client.isEnded());
        }
        // Failed checks would have had to be a hundred in a row.
        assertTrue(one.denials.get() < 50, () -> one.denials + " denials");
        two.isPrimary = true;
        TestNode.await("two answers", () -> "two has 2".equals(answer("2")));
        assertEquals(Member.Health.DOWN, healthOf(db, "one"));
    }

    /** What a new client is answered; null when it is not let in, as while the listener opens again. */
    private @Nullable String answer(String line) {
        try (var client = new Client(port)) {
            return client.write(line);
        } catch (IOException e) {
            return null;
        }
    }

    @Test
    void nobodyIsWrittenToWhileNobodyIsPrimary() throws Exception {
        TestNode db = start("100");
        TestNode.await("one up", () -> healthOf(db, "one") == Member.Health.UP);
        one.isPrimary = false;
        TestNode.await("one down", () -> healthOf(db, "one") == Member.Health.DOWN);
        int before = one.denials.get();
        TestNode.await("asked again", () -> one.denials.get() > before + 5);
        assertEquals(Member.Health.DOWN, healthOf(db, "one"), "answering does not make it a last resort");
        assertNull(answer("1"));
    }

    @Test
    void whoDrainsKeepsWhatItHas() throws Exception {
        TestNode db = start("2, on-wrong-status: drain");
        TestNode.await("one up", () -> healthOf(db, "one") == Member.Health.UP);
        try (var client = new Client(port)) {
            assertEquals("one has 1", client.write("1"));
            two.isPrimary = true;
            TestNode.await("two up", () -> healthOf(db, "two") == Member.Health.UP);
            one.isPrimary = false;
            TestNode.await("one draining", () -> healthOf(db, "one") == Member.Health.DRAINING);
            assertEquals("one has 2", client.write("2"));
            try (var newcomer = new Client(port)) {
                assertEquals("two has 3", newcomer.write("3"));
            }
        }
    }
}
