package io.hawser.lb.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admin.AdminServer;
import io.hawser.lb.admin.AdminSources;
import io.hawser.lb.admin.Commands;
import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Metrics;
import io.hawser.lb.admin.NodeHealth;
import io.hawser.lb.admin.Samples;
import io.hawser.lb.admin.Severity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdminClientTest {
    private static final Terminal PLAIN = new Terminal(false, Terminal.ENDLESS);

    @TempDir
    Path folder;

    private final EventLog events = new EventLog(10, InstantSource.fixed(Samples.NOW));
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private AdminServer server;
    private Path socket;
    private AdminClient byUrl;

    @BeforeEach
    void start() {
        server = AdminServer.start(new AdminSources(
                () -> new NodeHealth("lb1", true, List.of(), List.of()),
                List::of,
                List::of,
                Samples::good,
                new Metrics("0.1.0"),
                events));
        socket = folder.resolve("a.sock");
        server.listen(socket, Commands.NONE);
        int port = server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .getPort();
        byUrl = AdminClient.ofUrl("http://127.0.0.1:" + port);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private int status(AdminClient client, boolean json) {
        return new StatusCommand(client, PLAIN, stream(out), stream(err)).run(json);
    }

    private int events(AdminClient client, boolean follow, boolean json) {
        return new EventsCommand(client, PLAIN, stream(out), stream(err)).run(follow, json);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, UTF_8);
    }

    @Test
    void statusIsTheSameBySocketAndByUrl() {
        assertEquals(0, status(AdminClient.ofSocket(socket), false));
        assertEquals(StatusText.of(Samples.good(), PLAIN), out.toString(UTF_8));
        out.reset();
        assertEquals(0, status(byUrl, false));
        assertEquals(StatusText.of(Samples.good(), PLAIN), out.toString(UTF_8));
        assertEquals("", err.toString(UTF_8));
    }

    @Test
    void jsonIsWhatTheNodeAnswered() {
        assertEquals(0, status(AdminClient.ofSocket(socket), true));
        assertTrue(out.toString(UTF_8).startsWith("{\"node\":\"lb1\""));
        assertTrue(out.toString(UTF_8).endsWith("}\n"));
    }

    @Test
    void eventsAreWordsOrJson() {
        events.append("vrrp-state", Severity.WARNING, "api", "became active", Map.of("ms", "378"));
        assertEquals(0, events(byUrl, false, false));
        assertEquals("2026-03-01T12:00:00Z warning api: became active (ms 378)\n", out.toString(UTF_8));
        out.reset();
        assertEquals(0, events(byUrl, false, true));
        assertTrue(out.toString(UTF_8).startsWith("{\"id\":1,"), out.toString(UTF_8));
    }

    @Test
    void followingGoesOnUntilTheNodeStops() throws InterruptedException {
        events.append("a", Severity.INFO, "s", "before");
        var lines = new ArrayList<String>();
        Thread[] closer = {null};
        String end = AdminClient.ofSocket(socket).follow("/events", line -> {
            lines.add(line);
            if (line.startsWith("data: ")
                    && lines.stream().filter(each -> each.startsWith("data")).count() == 1) {
                events.append("a", Severity.INFO, "s", "after");
            } else if (line.startsWith("data: ")) {
                closer[0] = Thread.ofVirtual().start(server::close);
            }
            return true;
        });
        closer[0].join();
        assertTrue(lines.contains("id: 1") && lines.contains("id: 2"), lines.toString());
        assertTrue(end.contains("ended the stream"), end);
    }

    @Test
    void followingEndsWhenOutputIsClosed() {
        events.append("a", Severity.INFO, "s", "x");
        var closed = new PrintStream(new ByteArrayOutputStream() {
            @Override
            public void flush() throws IOException {
                throw new IOException("closed");
            }
        });
        assertEquals(1, new EventsCommand(byUrl, PLAIN, closed, stream(err)).run(true, false));
    }

    @Test
    void aSocketThatIsNotThereMeansNotRunning() {
        assertEquals(1, status(AdminClient.ofSocket(folder.resolve("none.sock")), false));
        assertTrue(err.toString(UTF_8).contains("not running here"), err.toString(UTF_8));
        assertTrue(err.toString(UTF_8).contains("hawser run"), err.toString(UTF_8));
        assertEquals("", out.toString(UTF_8));
    }

    @Test
    void aSocketThatADeadProcessLeftIsNamedSo() throws IOException {
        Path dead = folder.resolve("dead.sock");
        try (var gone = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            gone.bind(UnixDomainSocketAddress.of(dead));
        }
        assertEquals(1, status(AdminClient.ofSocket(dead), false));
        assertTrue(err.toString(UTF_8).contains("dead process left behind"), err.toString(UTF_8));
    }

    @Test
    void aRefusedPortAndAnUnknownHostAreSaidSo() throws IOException {
        int port;
        try (var closed = new ServerSocket(0)) {
            port = closed.getLocalPort();
        }
        assertEquals(1, status(AdminClient.ofUrl("http://127.0.0.1:" + port), false));
        assertTrue(err.toString(UTF_8).contains("cannot reach http://127.0.0.1:" + port), err.toString(UTF_8));
        assertTrue(err.toString(UTF_8).contains("is hawser running there"), err.toString(UTF_8));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SSH-2.0-OpenSSH_9.2\\r\\n | does not begin as HTTP does",
                "'' | closed the connection without an answer",
                "HTTP/1.1 200 OK\\r\\n\\r\\nnot json | is not hawser",
                "HTTP/1.1 200 OK\\r\\n\\r\\n{} | is not hawser",
                "HTTP/1.1 200 OK\\r\\ncontent-length: 100\\r\\n\\r\\n{ | ended after 1 of 100 bytes",
                "HTTP/1.1 404 Not Found\\r\\n\\r\\nx | refuses /status: 404 Not Found",
                "HTTP/1.1 200 OK\\r\\nx: LONG | a line of its answer is above",
            })
    void garbageIsSaidSo(String answer, String said) throws Exception {
        try (var listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread stranger = Thread.ofVirtual().start(() -> answer(listening, answer));
            assertEquals(1, status(AdminClient.ofUrl("http://127.0.0.1:" + listening.getLocalPort()), false));
            stranger.join();
        }
        assertTrue(err.toString(UTF_8).contains(said), err.toString(UTF_8));
        assertEquals("", out.toString(UTF_8));
    }

    private static void answer(ServerSocket listening, String answer) {
        try (Socket client = listening.accept()) {
            client.getInputStream().read(new byte[4_096]);
            client.getOutputStream()
                    .write(answer.replace("\\r", "\r")
                            .replace("\\n", "\n")
                            .replace("LONG", "a".repeat(100_000))
                            .getBytes(ISO_8859_1));
        } catch (IOException e) {
            // The client left before the end of a long answer.
        }
    }

    @Test
    void aStoppedProcessIsWaitedForOnlyAWhile() throws IOException {
        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var client = AdminClient.ofUrl("http://127.0.0.1:" + silent.getLocalPort())
                    .withPatience(Duration.ofMillis(50));
            assertEquals(1, status(client, false));
        }
        assertTrue(err.toString(UTF_8).contains("within 50 ms"), err.toString(UTF_8));
    }
}
