package io.hawser.healthcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerProbeTest {
    private static final Duration INTERVAL = Duration.ofMillis(30);

    @TempDir
    Path dir;

    private final HealthLoop loop = new HealthLoop();
    private final BlockingQueue<PeerReport> reports = new LinkedBlockingQueue<>();
    private final PeerProbe probe = new PeerProbe(loop, reports::add);

    @AfterEach
    void stop() {
        probe.close();
        loop.close();
    }

    @Test
    void asksAgainAndAgainOverTwoConnectionsInTurn() throws Exception {
        var head = new LinkedBlockingQueue<List<String>>();
        try (var server = new TestServer(socket -> {
            while (true) {
                head.add(TestServer.readHead(socket));
                TestServer.write(socket, TestServer.ok("{\"fit\":true}"));
            }
        })) {
            probe.watch(peer(server.address()), INTERVAL);
            for (int i = 0; i < 10; i++) {
                var answer = next(PeerEvidence.Answered.class);
                assertEquals(200, answer.status());
                assertEquals("{\"fit\":true}", text(answer));
                assertTrue(answer.roundTripNanos() > 0);
            }
            assertEquals(2, server.accepted.get());
            assertEquals("GET /healthz HTTP/1.1", head.take().getFirst());
        }
    }

    @Test
    void bodyCannotBeChanged() throws Exception {
        try (var server = keepingAlive("ok")) {
            probe.watch(peer(server.address()), INTERVAL);
            var answer = next(PeerEvidence.Answered.class);
            answer.body().get();
            assertEquals("ok", text(answer));
            assertThrows(ReadOnlyBufferException.class, () -> answer.body().put(0, (byte) 1));
        }
    }

    @Test
    void unfitAnswerIsAnAnswer() throws Exception {
        try (var server = new TestServer(socket -> {
            while (true) {
                TestServer.answer(socket, "HTTP/1.1 503 Unavailable\r\nContent-Length: 5\r\n\r\nunfit");
            }
        })) {
            probe.watch(peer(server.address()), INTERVAL);
            var answer = next(PeerEvidence.Answered.class);
            assertEquals(503, answer.status());
            assertEquals("unfit", text(answer));
        }
    }

    @Test
    void refusedFromTheStartProvesNothing() throws Exception {
        probe.watch(peer(Checks.refusing()), INTERVAL);
        assertTrue(next(PeerEvidence.Unreached.class).reason().contains("refused"));
        next(PeerEvidence.Unreached.class);
    }

    @Test
    void listenerAndConnectionClosedIsGone() throws Exception {
        var server = keepingAlive("ok");
        probe.watch(peer(server.address()), INTERVAL);
        next(PeerEvidence.Answered.class);
        server.close();
        var gone = await(PeerEvidence.Gone.class);
        assertTrue(gone.reason().contains("connection") && gone.reason().contains("refused"), gone.reason());
        assertTrue(gone.isClosed());
        var again = next(PeerEvidence.Gone.class);
        assertEquals(gone.sinceNanos(), again.sinceNanos());
    }

    @Test
    void closedConnectionAloneIsNoDeath() throws Exception {
        var turn = new AtomicInteger();
        try (var server = new TestServer(socket -> {
            int limit = turn.getAndIncrement() == 0 ? 2 : Integer.MAX_VALUE;
            for (int i = 0; i < limit; i++) {
                TestServer.answer(socket, TestServer.ok("ok"));
            }
        })) {
            probe.watch(peer(server.address()), INTERVAL);
            var back = await(PeerEvidence.Reconnected.class);
            assertTrue(back.reason().contains("closed by lb1"), back.reason());
            next(PeerEvidence.Answered.class);
            assertEquals(3, server.accepted.get(), "the one that was closed, the spare one, and the one in its place");
        }
    }

    @Test
    void listenerThatOutlivesTheConnectionIsAskedUntilItIsGone() throws Exception {
        // All connections end with a reset; the listener accepts once more, then it is gone as well.
        var turn = new AtomicInteger();
        var server = new TestServer[1];
        server[0] = new TestServer(socket -> {
            socket.setSoLinger(true, 0);
            switch (turn.getAndIncrement()) {
                case 0 -> {
                    TestServer.answer(socket, TestServer.ok("ok"));
                    TestServer.readHead(socket);
                }
                case 1 -> {
                    TestServer.answer(socket, TestServer.ok("ok"));
                    TestServer.readToEnd(socket);
                }
                default -> server[0].close();
            }
        });
        probe.watch(peer(server[0].address()), INTERVAL);
        next(PeerEvidence.Answered.class);
        var gone = await(PeerEvidence.Gone.class);
        assertTrue(gone.reason().contains("reset"), gone.reason());
        assertFalse(gone.isClosed(), "a firewall that begins to reject resets as well");
    }

    @Test
    void aProcessThatDiesWithAQuestionUnreadIsGoneLikeAnyOther() throws Exception {
        var process = start(Files.writeString(dir.resolve("peer.py"), PEER));
        try (var out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            probe.watch(peer(new InetSocketAddress("127.0.0.1", Integer.parseInt(out.readLine()))), INTERVAL);
            next(PeerEvidence.Answered.class);
            next(PeerEvidence.Answered.class);
            assertEquals(
                    0,
                    new ProcessBuilder("kill", "-STOP", String.valueOf(process.pid()))
                            .start()
                            .waitFor());
            await(PeerEvidence.Silent.class);
            process.destroyForcibly();
            assertTrue(
                    await(PeerEvidence.Gone.class).isClosed()
                            || await(PeerEvidence.Gone.class).isClosed(),
                    "the spare connection ends with a FIN, at the latest when the loss of the other one was told");
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void refusalWithoutTheLossOfAConnectionProvesNothing() throws Exception {
        var server = TestServer.answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        probe.watch(peer(server.address()), INTERVAL);
        next(PeerEvidence.Answered.class);
        server.close();
        var refused = await(PeerEvidence.Refused.class);
        assertTrue(refused.reason().contains("refused"), refused.reason());
        assertEquals(refused.sinceNanos(), next(PeerEvidence.Refused.class).sinceNanos());
    }

    @Test
    void peerThatStopsAnsweringIsSilentAndThenHeardAgain() throws Exception {
        var frozen = new CountDownLatch(1);
        var thaw = new CountDownLatch(1);
        try (var server = new TestServer(socket -> {
            TestServer.answer(socket, TestServer.ok("ok"));
            TestServer.readHead(socket);
            frozen.countDown();
            thaw.await();
            TestServer.write(socket, TestServer.ok("awake"));
            TestServer.readToEnd(socket);
        })) {
            probe.watch(peer(server.address()), INTERVAL);
            next(PeerEvidence.Answered.class);
            assertTrue(frozen.await(10, TimeUnit.SECONDS));
            var first = await(PeerEvidence.Silent.class);
            var second = next(PeerEvidence.Silent.class);
            assertEquals(first.sinceNanos(), second.sinceNanos());
            assertTrue(second.reason().contains("no answer"), second.reason());
            thaw.countDown();
            assertEquals("awake", text(await(PeerEvidence.Answered.class)));
        }
    }

    @Test
    void frozenPeerIsTriedOnANewConnectionAfterAWhile() throws Exception {
        try (var server = new TestServer(socket -> {
            TestServer.answer(socket, TestServer.ok("ok"));
            TestServer.readToEnd(socket);
        })) {
            probe.watch(peer(server.address()), INTERVAL);
            server.awaitAccepted(2);
        }
    }

    @Test
    void garbageIsInvalidAndNotAskedWithoutAPause() throws Exception {
        try (var server = new TestServer(socket -> {
            TestServer.answer(socket, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
            TestServer.readToEnd(socket);
        })) {
            probe.watch(peer(server.address()), Duration.ofMinutes(1));
            assertTrue(next(PeerEvidence.Invalid.class).reason().contains("not HTTP"));
            assertEquals(1, server.accepted.get());
        }
    }

    @Test
    void megabytesAreInvalid() throws Exception {
        for (var head : List.of("Content-Length: 100000000\r\n", "Transfer-Encoding: chunked\r\n", "")) {
            try (var server = new TestServer(socket -> {
                TestServer.answer(socket, "HTTP/1.1 200 OK\r\n" + head + "\r\n");
                var chunk = "400\r\n" + "a".repeat(1024) + "\r\n";
                for (int i = 0; i < 100_000; i++) {
                    TestServer.write(socket, chunk);
                }
            })) {
                var peer = peer(server.address());
                probe.watch(peer, Duration.ofMinutes(1));
                var invalid = next(PeerEvidence.Invalid.class);
                assertTrue(invalid.reason().contains("larger than 65536 bytes"), invalid.reason());
                probe.unwatch(peer);
            }
        }
    }

    @Test
    void anAnswerInDripsIsSilenceHoweverLongItGoesOn() throws Exception {
        var stop = new CountDownLatch(1);
        try (var server = new TestServer(socket -> {
            TestServer.answer(socket, "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
            while (!stop.await(INTERVAL.toMillis() / 4, TimeUnit.MILLISECONDS)) {
                TestServer.write(socket, "{");
            }
        })) {
            probe.watch(peer(server.address()), INTERVAL);
            // Every byte comes in time, the answer never: it must not count as one, nor keep the connection for ever.
            for (int i = 0; i < 3; i++) {
                assertInstanceOf(PeerEvidence.Unreached.class, poll().evidence());
            }
            server.awaitAccepted(2);
            stop.countDown();
        }
    }

    @Test
    void chunksAreBoundedInNumberAndSize() throws Exception {
        var head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        var bombs = new LinkedHashMap<String, String>();
        bombs.put("7fffffff\r\n" + "a".repeat(100_000), "larger than 65536 bytes");
        bombs.put("1\r\na\r\n".repeat(70_000), "larger than 65536 bytes");
        bombs.put("ffffffffffffffff\r\na", "not HTTP");
        bombs.put("1;" + "x".repeat(100_000) + "\r\na\r\n", "not HTTP");
        bombs.put("0\r\n" + "X: y\r\n".repeat(20_000), "not HTTP");
        for (var bomb : bombs.entrySet()) {
            try (var server = new TestServer(socket -> {
                TestServer.answer(socket, head + bomb.getKey());
                TestServer.readToEnd(socket);
            })) {
                var peer = peer(server.address());
                probe.watch(peer, Duration.ofMinutes(1));
                var invalid = next(PeerEvidence.Invalid.class);
                assertTrue(
                        invalid.reason().contains(bomb.getValue()),
                        () -> invalid.reason() + " for "
                                + bomb.getKey()
                                        .substring(0, Math.min(20, bomb.getKey().length())));
                probe.unwatch(peer);
            }
        }
    }

    @Test
    void redirectIsAnAnswerAndNotFollowed() throws Exception {
        try (var elsewhere = keepingAlive("{\"fit\":true}");
                var server = new TestServer(socket -> {
                    while (true) {
                        TestServer.answer(
                                socket,
                                "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:"
                                        + elsewhere.address().getPort() + "/\r\nContent-Length: 0\r\n\r\n");
                    }
                })) {
            probe.watch(peer(server.address()), INTERVAL);
            assertEquals(302, next(PeerEvidence.Answered.class).status());
            assertEquals(302, next(PeerEvidence.Answered.class).status());
            assertEquals(0, elsewhere.accepted.get());
        }
    }

    @Test
    void compressedAnswerIsHandedOverAsItIs() throws Exception {
        var packed = new java.io.ByteArrayOutputStream();
        try (var gzip = new java.util.zip.GZIPOutputStream(packed)) {
            // A thousand times its size: unpacked it would be past every bound.
            gzip.write(new byte[10_000_000]);
        }
        try (var server = new TestServer(socket -> {
            TestServer.readHead(socket);
            TestServer.write(
                    socket,
                    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + packed.size() + "\r\n\r\n");
            socket.getOutputStream().write(packed.toByteArray());
            TestServer.readToEnd(socket);
        })) {
            probe.watch(peer(server.address()), Duration.ofMinutes(1));
            assertEquals(packed.size(), next(PeerEvidence.Answered.class).body().remaining());
        }
    }

    @Test
    void headersAndInterimAnswersAreBounded() throws Exception {
        for (var lie : List.of(
                "HTTP/1.1 200 OK\r\nX: " + "a".repeat(10_000) + "\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\n".repeat(100),
                TestServer.ok("a") + TestServer.ok("b"))) {
            try (var server = new TestServer(socket -> {
                TestServer.answer(socket, lie);
                TestServer.readToEnd(socket);
            })) {
                var peer = peer(server.address());
                probe.watch(peer, Duration.ofMinutes(1));
                await(PeerEvidence.Invalid.class);
                probe.unwatch(peer);
            }
        }
    }

    @Test
    void peerThatAlwaysHangsUpIsAskedAFewTimesAndThenAtLeisure() throws Exception {
        for (var answer : List.of("", "HTTP/1.1 200 OK\r\n\r\nno length")) {
            // After an answer there is a spare connection too.
            int most = answer.isEmpty() ? 7 : 8;
            try (var server = new TestServer(socket -> TestServer.answer(socket, answer))) {
                var peer = peer(server.address());
                probe.watch(peer, Duration.ofMinutes(1));
                // The first attempt and six quick ones, within some 60 ms; then one a minute.
                server.awaitAccepted(most);
                while (reports.poll(300, TimeUnit.MILLISECONDS) != null) {
                    assertEquals(most, server.accepted.get());
                }
                probe.unwatch(peer);
            }
        }
    }

    @Test
    void answerThatEndsTheConnectionIsNoLoss() throws Exception {
        try (var server = TestServer.answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")) {
            probe.watch(peer(server.address()), INTERVAL);
            for (int i = 0; i < 5; i++) {
                assertEquals("ok", text(next(PeerEvidence.Answered.class)));
            }
        }
    }

    @Test
    void askNowDoesNotWaitForTheInterval() throws Exception {
        try (var server = keepingAlive("ok")) {
            var peer = peer(server.address());
            probe.watch(peer, Duration.ofMinutes(1));
            next(PeerEvidence.Answered.class);
            probe.askNow(peer);
            next(PeerEvidence.Answered.class);
        }
    }

    @Test
    void unwatchEndsTheConnectionAndTheReports() throws Exception {
        var ended = new CountDownLatch(2);
        try (var server = new TestServer(socket -> {
            try {
                TestServer.answer(socket, TestServer.ok("ok"));
                TestServer.readToEnd(socket);
            } finally {
                ended.countDown();
            }
        })) {
            var peer = peer(server.address());
            probe.watch(peer, Duration.ofMinutes(1));
            next(PeerEvidence.Answered.class);
            server.awaitAccepted(2);
            probe.unwatch(peer);
            assertTrue(ended.await(10, TimeUnit.SECONDS));
            probe.askNow(peer);
            loop.eventLoop().submit(() -> {}).get(10, TimeUnit.SECONDS);
            assertTrue(reports.isEmpty());
            assertEquals(2, server.accepted.get());
        }
    }

    @Test
    void ownStallIsNotThePeersSilence() throws Exception {
        try (var server = keepingAlive("ok")) {
            var interval = Duration.ofMillis(500);
            probe.watch(peer(server.address()), interval);
            next(PeerEvidence.Answered.class);
            for (int i = 0; i < 2; i++) {
                loop.eventLoop().execute(() -> {
                    long end = System.nanoTime() + 2 * interval.toNanos();
                    while (System.nanoTime() - end < 0) {
                        Thread.onSpinWait();
                    }
                });
                assertInstanceOf(PeerEvidence.Answered.class, poll().evidence());
            }
        }
    }

    private static final String PEER = """
            import http.server
            class Peer(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def do_GET(self):
                    self.send_response(200)
                    self.send_header("Content-Length", "2")
                    self.end_headers()
                    self.wfile.write(b"ok")
                def log_message(self, *arguments):
                    pass
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Peer)
            print(server.server_address[1], flush=True)
            server.serve_forever()
            """;

    @Test
    void killedProcessIsGoneAtOnce() throws Exception {
        var script = Files.writeString(dir.resolve("peer.py"), PEER);
        var latencies = new long[7];
        for (int i = 0; i < latencies.length; i++) {
            latencies[i] = killed(script);
        }
        Arrays.sort(latencies);
        System.out.printf(
                "SIGKILL of a peer reported as gone after: median %.1f ms, worst %.1f ms%n",
                latencies[latencies.length / 2] / 1e6, latencies[latencies.length - 1] / 1e6);
    }

    private long killed(Path script) throws Exception {
        var process = start(script);
        try (var out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            var peer = peer(new InetSocketAddress("127.0.0.1", Integer.parseInt(out.readLine())));
            // An interval so long that only the end of the connection can have told.
            probe.watch(peer, Duration.ofMinutes(1));
            next(PeerEvidence.Answered.class);
            long at = System.nanoTime();
            process.destroyForcibly();
            var report = poll();
            var gone = assertInstanceOf(PeerEvidence.Gone.class, report.evidence());
            assertTrue(gone.isClosed(), "the kernel of a dead process ends its connections itself");
            probe.unwatch(peer);
            return report.atNanos() - at;
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private static Process start(Path script) {
        try {
            return new ProcessBuilder("python3", script.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            Assumptions.abort("python3 is not installed");
            throw new IllegalStateException(e);
        }
    }

    private static TestServer keepingAlive(String body) throws IOException {
        return new TestServer(socket -> {
            while (!TestServer.readHead(socket).isEmpty()) {
                TestServer.write(socket, TestServer.ok(body));
            }
        });
    }

    private static Peer peer(InetSocketAddress address) {
        return new Peer("lb1", address);
    }

    private static String text(PeerEvidence.Answered answer) {
        return StandardCharsets.UTF_8.decode(answer.body()).toString();
    }

    /** The next report must be of this type, except that on a loaded machine a peer may be silent for a moment. */
    private <E extends PeerEvidence> E next(Class<E> type) throws Exception {
        var report = poll();
        while (isSilence(report.evidence()) && !type.isInstance(report.evidence())) {
            report = poll();
        }
        return assertInstanceOf(type, report.evidence(), report::toString);
    }

    private static boolean isSilence(PeerEvidence evidence) {
        return evidence instanceof PeerEvidence.Silent || evidence instanceof PeerEvidence.Unreached;
    }

    private PeerReport poll() throws Exception {
        var report = reports.poll(20, TimeUnit.SECONDS);
        assertFalse(report == null, "no report within 20 s");
        return report;
    }

    private <E extends PeerEvidence> E await(Class<E> type) throws Exception {
        while (true) {
            var report = poll();
            if (type.isInstance(report.evidence())) {
                return type.cast(report.evidence());
            }
        }
    }
}
