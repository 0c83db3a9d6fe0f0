package io.hawser.healthcheck;

import static io.hawser.healthcheck.Checks.PATIENT;
import static io.hawser.healthcheck.Checks.QUICK;
import static io.hawser.healthcheck.Checks.assertFailed;
import static io.hawser.healthcheck.Checks.assertRefusing;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Single TCP and HTTP checks against real servers on loopback. */
class CheckTest {
    private static final CheckPlan TCP = CheckPlan.of(CheckPlan.Type.TCP).with(PATIENT);
    private static final CheckPlan HTTP =
            CheckPlan.of(CheckPlan.Type.HTTP).with(PATIENT).with(CheckPlan.Request.path("/readyz"));

    private final HealthLoop loop = new HealthLoop();

    @AfterEach
    void stop() {
        loop.close();
    }

    @Test
    void tcpPassesWhenConnectedAndEndsWithFin() throws Exception {
        var end = new CompletableFuture<Integer>();
        try (var server =
                new TestServer(socket -> end.complete(socket.getInputStream().read()))) {
            var result = Checks.run(loop, server.address(), TCP);
            assertInstanceOf(CheckResult.Passed.class, result, result::toString);
            // -1 is FIN; RST would be an exception.
            assertEquals(-1, end.get(30, TimeUnit.SECONDS));
            assertTrue(server.failures.isEmpty(), server.failures::toString);
        }
    }

    @Test
    void memberMayStillTalkAfterTheEnd() throws Exception {
        var talked = new CompletableFuture<String>();
        try (var server = new TestServer(socket -> {
            TestServer.readToEnd(socket);
            // On a socket that is gone the first write brings a reset, and the second one finds it.
            TestServer.write(socket, "one");
            TimeUnit.MILLISECONDS.sleep(10);
            TestServer.write(socket, "two");
            talked.complete("done");
        })) {
            Checks.run(loop, server.address(), TCP);
            assertEquals("done", talked.get(30, TimeUnit.SECONDS));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusedIsFailure(boolean epoll) throws Exception {
        try (var other = new HealthLoop(epoll)) {
            var address = Checks.refusing();
            var result = Checks.run(other, address, HTTP);
            assertFailed(Cause.REFUSED, "connect to 127.0.0.1:" + address.getPort() + " refused", result);
        }
    }

    @Test
    void noWayThereIsFailure() throws Exception {
        var result = Checks.run(loop, new InetSocketAddress("255.255.255.255", 1), TCP);
        assertEquals(Verdict.FAILURE, result.verdict(), result::toString);
        assertEquals(Cause.UNREACHABLE, result.cause(), result::toString);
    }

    @Test
    void blackholeRunsIntoTheConnectTimeout() throws Exception {
        List<Socket> fill = new ArrayList<>();
        try (var full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            // The kernel drops what does not fit into the backlog, as a dead host would.
            for (int i = 0; i < 4; i++) {
                var socket = new Socket();
                fill.add(socket);
                try {
                    socket.connect(full.getLocalSocketAddress(), 100);
                } catch (java.net.SocketTimeoutException e) {
                    break;
                }
            }
            var result = Checks.run(loop, (InetSocketAddress) full.getLocalSocketAddress(), HTTP.with(QUICK));
            assertFailed(Cause.CONNECT_TIMEOUT, "within 300 ms", result);
        } finally {
            for (var socket : fill) {
                socket.close();
            }
        }
    }

    @Test
    void httpAsksProperlyAndPasses() throws Exception {
        var request = new CompletableFuture<List<String>>();
        try (var server = new TestServer(socket -> {
            request.complete(TestServer.readHead(socket));
            TestServer.write(socket, TestServer.ok("ok"));
        })) {
            var plan = HTTP.with(new CheckPlan.Request("/readyz?verbose", "api.example", Set.of(200), null));
            var result = Checks.run(loop, server.address(), plan);
            assertInstanceOf(CheckResult.Passed.class, result, result::toString);
            assertTrue(result.reason().startsWith("status 200 in "), result::toString);
            var lines = request.get(30, TimeUnit.SECONDS);
            assertEquals("GET /readyz?verbose HTTP/1.1", lines.getFirst());
            assertTrue(lines.contains("host: api.example"), lines::toString);
            assertTrue(lines.contains("connection: close"), lines::toString);
        }
    }

    @Test
    void checksTheOtherPortWhenOneIsGiven() throws Exception {
        try (var server = TestServer.answering(TestServer.ok("ok"));
                var checks = new HealthChecks(loop, change -> {})) {
            var elsewhere = new InetSocketAddress(server.address().getAddress(), 1);
            var target = new Target("p", "m", elsewhere);
            checks.watch(target, HTTP.withPort(server.address().getPort()));
            Await.until(() -> checks.snapshot().get(target).health() == Health.UP);
        }
    }

    @Test
    void unexpectedStatusIsRefusing() throws Exception {
        try (var server = TestServer.answering("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")) {
            var result = Checks.run(loop, server.address(), HTTP);
            assertRefusing(Cause.STATUS, "status 500, expected 200", result);
        }
    }

    @Test
    void otherStatusesMayBeExpected() throws Exception {
        try (var server = TestServer.answering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")) {
            var plan = HTTP.with(new CheckPlan.Request("/readyz", null, Set.of(403, 200, 401), null));
            assertInstanceOf(CheckResult.Passed.class, Checks.run(loop, server.address(), plan));
            var strict = HTTP.with(new CheckPlan.Request("/readyz", null, Set.of(403, 200), null));
            var refused = Checks.run(loop, server.address(), strict);
            assertRefusing(Cause.STATUS, "status 401, expected 200 or 403", refused);
            assertTrue(refused.reason().contains("bearer-token-file"), refused::reason);
            assertTrue(refused.reason().contains("add 401 to expect"), refused::reason);
        }
    }

    @Test
    void silenceAfterAcceptingIsFailure() throws Exception {
        try (var server = new TestServer(TestServer::readToEnd)) {
            var result = Checks.run(loop, server.address(), HTTP.with(QUICK));
            assertFailed(Cause.TIMEOUT, "within 300 ms: no answer", result);
        }
    }

    @Test
    void tricklingHeadIsFailure() throws Exception {
        try (var server =
                new TestServer(socket -> trickle(socket, "HTTP/1.1 200 OK\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaa"))) {
            var result = Checks.run(loop, server.address(), HTTP.with(QUICK));
            assertFailed(Cause.TIMEOUT, "no answer", result);
        }
    }

    @Test
    void hangingBodyIsFailure() throws Exception {
        try (var server = new TestServer(socket -> {
            TestServer.answer(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
            TestServer.readToEnd(socket);
        })) {
            var result = Checks.run(loop, server.address(), HTTP.with(QUICK));
            assertFailed(Cause.TIMEOUT, "status 200, but only 3 bytes of the body", result);
        }
    }

    @Test
    void closedWithoutAnswerIsFailure() throws Exception {
        try (var server = new TestServer(TestServer::readHead)) {
            assertFailed(Cause.CLOSED, "closed the connection: no answer", Checks.run(loop, server.address(), HTTP));
        }
    }

    @Test
    void cutBodyIsFailure() throws Exception {
        try (var server = TestServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")) {
            assertFailed(
                    Cause.CLOSED, "status 200, but only 3 bytes of the body", Checks.run(loop, server.address(), HTTP));
        }
    }

    @Test
    void resetIsFailure() throws Exception {
        try (var server = new TestServer(socket -> {
            TestServer.readHead(socket);
            socket.setSoLinger(true, 0);
        })) {
            assertFailed(Cause.RESET, "reset", Checks.run(loop, server.address(), HTTP));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH_9.2\r\n\r\n",
                "\u0016\u0003\u0001\u0000\u0002\u0002\u0028\r\n\r\n",
                "HTTP/1.1 abc OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            })
    void garbageIsRefusing(String garbage) throws Exception {
        try (var server = new TestServer(socket -> {
            TestServer.answer(socket, garbage);
            TestServer.readToEnd(socket);
        })) {
            assertRefusing(Cause.NOT_HTTP, "not HTTP", Checks.run(loop, server.address(), HTTP));
        }
    }

    @Test
    void oversizedHeadIsRefusing() throws Exception {
        try (var server = TestServer.answering("HTTP/1.1 200 OK\r\nX-Large: " + "a".repeat(90_000) + "\r\n\r\n")) {
            assertRefusing(
                    Cause.TOO_LARGE, "headers are larger than 8192 bytes", Checks.run(loop, server.address(), HTTP));
        }
        try (var server = TestServer.answering("HTTP/1.1 200 " + "a".repeat(90_000) + "\r\n\r\n")) {
            assertRefusing(Cause.TOO_LARGE, "first line is longer", Checks.run(loop, server.address(), HTTP));
        }
    }

    @Test
    void endlessBodyIsJudgedByItsStatusAndCut() throws Exception {
        var sent = new CompletableFuture<Long>();
        try (var server = new TestServer(socket -> {
            TestServer.answer(socket, "HTTP/1.1 503 Unavailable\r\n\r\n");
            long count = 0;
            try {
                for (; count < 1_000_000_000; count += 1000) {
                    socket.getOutputStream().write(new byte[1000]);
                }
            } catch (java.io.IOException e) {
                sent.complete(count);
            }
        })) {
            assertRefusing(Cause.STATUS, "status 503", Checks.run(loop, server.address(), HTTP));
            assertTrue(sent.get(10, TimeUnit.SECONDS) < 50_000_000);
        }
    }

    @Test
    void interimAnswersAreSkipped() throws Exception {
        try (var server = TestServer.answering(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + TestServer.ok("ok"))) {
            var result = Checks.run(loop, server.address(), HTTP);
            assertInstanceOf(CheckResult.Passed.class, result, result::toString);
        }
    }

    @Test
    void onlyInterimAnswersAreNone() throws Exception {
        try (var server = TestServer.answering("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000))) {
            assertRefusing(Cause.NOT_HTTP, "more than 4 interim answers", Checks.run(loop, server.address(), HTTP));
        }
        try (var server = new TestServer(socket -> {
            TestServer.answer(socket, "HTTP/1.1 100 Continue\r\n\r\n");
            TestServer.readToEnd(socket);
        })) {
            assertFailed(
                    Cause.TIMEOUT,
                    "1 interim answers, but no final",
                    Checks.run(loop, server.address(), HTTP.with(QUICK)));
        }
        try (var server = TestServer.answering("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")) {
            assertRefusing(Cause.NOT_HTTP, "status 101", Checks.run(loop, server.address(), HTTP));
        }
    }

    @Test
    void answerWithoutLengthEndsWithTheConnection() throws Exception {
        try (var server = TestServer.answering("HTTP/1.0 200 OK\r\n\r\nok")) {
            var result = Checks.run(loop, server.address(), HTTP);
            assertInstanceOf(CheckResult.Passed.class, result, result::toString);
        }
    }

    private static void trickle(Socket socket, String text) throws Exception {
        for (char letter : text.toCharArray()) {
            TestServer.write(socket, String.valueOf(letter));
            TimeUnit.MILLISECONDS.sleep(40);
        }
        TestServer.readToEnd(socket);
    }
}
