package io.hawser.lb.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

// Turns a test that would wait for ever for the end of a connection into one that fails.
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ExtendWith(LeakCheck.class)
class AdminServerTest {
    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration ENDLESS = Duration.ofDays(365);

    private final AtomicReference<NodeHealth> health = new AtomicReference<>(Samples.health(true));
    private final AtomicReference<List<String>> notReady = new AtomicReference<>(List.of("listeners"));
    private final AtomicReference<Status> status = new AtomicReference<>(Samples.good());
    private EventLog events = Samples.events();
    private final List<AdminServer> servers = new ArrayList<>();
    private final AtomicLong now = new AtomicLong();
    private volatile long step = 1;

    @AfterEach
    void close() {
        servers.forEach(AdminServer::close);
    }

    private AdminServer server(AdminLimits limits) {
        var server = AdminServer.start(
                new AdminSources(health::get, List::of, notReady::get, status::get, Samples.metrics(), events),
                limits,
                this::tick);
        servers.add(server);
        return server;
    }

    /** The servers' clock: a nanosecond later at each look, so that whatever a busy machine takes longer for is done in no time. */
    private long tick() {
        return now.addAndGet(step);
    }

    /** From here on every look at the clock finds it a minute later. */
    private void rush() {
        step = Duration.ofMinutes(1).toNanos();
    }

    private RawHttp client() throws IOException {
        return RawHttp.to(server(AdminLimits.DEFAULT).listen(ANY));
    }

    private static AdminLimits limits(int connections, int followers) {
        return limits(connections, followers, LONG, LONG, LONG);
    }

    /** Limits for loopback, from where all the clients here come. */
    private static AdminLimits limits(int connections, int followers, Duration head, Duration idle, Duration stalled) {
        return new AdminLimits(128, connections, 32, followers, head, idle, stalled);
    }

    @Test
    void healthzIs200WithTheRoutersWhenFit() throws IOException {
        try (RawHttp client = client()) {
            var answer = client.get("/healthz");
            assertEquals(200, answer.status());
            assertEquals("application/json", answer.headers().get("content-type"));
            assertEquals(
                    "{\"node\":\"lb1\",\"fit\":true,\"reasons\":[],\"routers\":[{\"name\":\"api\",\"id\":51,"
                            + "\"state\":\"active\",\"priority\":200,\"addresses\":[\"10.77.0.10\"]}]}",
                    answer.body());
        }
    }

    @Test
    void healthzIs503WithTheReasonsAsSoonAsUnfit() throws IOException {
        try (RawHttp client = client()) {
            assertEquals(200, client.get("/healthz").status());
            health.set(Samples.health(false));
            var answer = client.get("/healthz");
            assertEquals(503, answer.status());
            assertTrue(
                    answer.body().contains("\"reasons\":[\"pool masters has no member that is up\"]"), answer.body());
        }
    }

    @Test
    void readyzWaitsForTheStartAndLivezDoesNot() throws IOException {
        try (RawHttp client = client()) {
            assertEquals(200, client.get("/livez").status());
            assertEquals(503, client.get("/readyz").status());
            notReady.set(List.of());
            assertEquals(
                    "{\"ready\":true,\"reasons\":[]}", client.get("/readyz").body());
        }
    }

    @Test
    void statusIsTheWholeStatus() throws IOException {
        try (RawHttp client = client()) {
            assertEquals(
                    new StatusDocument.Parsed.Ok(Samples.good()),
                    StatusDocument.parse(client.get("/status").body().getBytes()));
        }
    }

    @Test
    void theDashboardMayRunItsOwnScriptAndNothingElse() throws Exception {
        try (RawHttp client = client()) {
            var answer = client.get("/");
            assertEquals("text/html; charset=utf-8", answer.headers().get("content-type"));
            String policy = answer.headers().get("content-security-policy");
            assertTrue(policy.startsWith("default-src 'none'; connect-src 'self'"), policy);
            assertFalse(policy.contains("unsafe"), policy);
            String page = answer.body();
            String script = page.substring(page.indexOf("<script>") + 8, page.indexOf("</script>"));
            byte[] hash = java.security.MessageDigest.getInstance("SHA-256").digest(script.getBytes(UTF_8));
            assertTrue(policy.contains(java.util.Base64.getEncoder().encodeToString(hash)), policy);
        }
    }

    @Test
    void theDashboardAsksNobodyElseAndNeverMakesMarkupOfText() throws IOException {
        try (RawHttp client = client()) {
            String page = client.get("/").body();
            assertFalse(page.matches("(?s).*(src|href)=\"(https?:)?//.*"), "a request to somebody else");
            assertFalse(
                    page.matches("(?s).*(\\.innerHTML *=[^=]|insertAdjacentHTML|document\\.write|eval\\().*"),
                    "markup of text");
            assertFalse(page.contains(" style="), "a style that the policy would refuse");
        }
    }

    @Test
    void oneConnectionServesManyRequestsAndPipelinedOnesInOrder() throws IOException {
        try (RawHttp client = client()) {
            for (int i = 0; i < 50; i++) {
                assertEquals(200, client.get("/healthz").status());
            }
            client.send(
                    "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\nGET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n"
                            + "HEAD /readyz HTTP/1.1\r\nhost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
            assertEquals("{\"live\":true,\"reasons\":[]}", client.answer().body());
            assertEquals(404, client.answer().status());
            assertEquals(503, client.answer(false).status());
            var last = client.answer();
            assertEquals(200, last.status());
            assertEquals("close", last.headers().get("connection"));
            assertTrue(client.isEnded());
        }
    }

    @Test
    void aFloodOfPipelinedRequestsIsAnsweredCompletelyThoughTheClientReadsLate() throws Exception {
        int requests = 1_500;
        try (RawHttp client = client()) {
            // More answers than both kernels' buffers hold, asked before the first is read.
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    client.send("GET /status HTTP/1.1\r\n\r\n".repeat(requests));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            for (int i = 0; i < requests; i++) {
                assertEquals(200, client.answer().status());
            }
            sender.join();
        }
    }

    @Test
    void headHasTheHeadersOfGetAndNoBody() throws IOException {
        try (RawHttp client = client()) {
            int length = client.get("/healthz").body().length();
            var head = client.send("HEAD /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
                    .answer(false);
            assertEquals(Integer.toString(length), head.headers().get("content-length"));
            assertEquals(200, client.get("/livez").status());
        }
    }

    @Test
    void http10ClosesUnlessAskedToStay() throws IOException {
        try (RawHttp client = client()) {
            var stays = client.send("GET /healthz HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
                    .answer();
            assertEquals("keep-alive", stays.headers().get("connection"));
            var ends = client.send("GET /healthz HTTP/1.0\r\n\r\n").answer();
            assertEquals("close", ends.headers().get("connection"));
            assertTrue(client.isEnded());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"})
    void otherMethodsAreNotAllowed(String method) throws IOException {
        try (RawHttp client = client()) {
            var answer = client.send(method + " /status HTTP/1.1\r\nhost: localhost\r\n\r\n")
                    .answer();
            assertEquals(405, answer.status());
            assertEquals("GET, HEAD", answer.headers().get("allow"));
            assertEquals(200, client.get("/livez").status());
        }
    }

    @Test
    void anUnknownPathIs404AndNamesTheKnownOnes() throws IOException {
        try (RawHttp client = client()) {
            var answer = client.get("/healthz/");
            assertEquals(404, answer.status());
            assertTrue(answer.body().contains("/healthz, /livez"), answer.body());
            assertEquals(404, client.get("/commands/drain").status());
            assertEquals(200, client.get("/healthz?verbose=1").status());
            assertEquals(200, client.get("http://elsewhere:1/livez?x=/y").status());
        }
    }

    @Test
    void aNameThatIsNotOursReadsOnlyTheHealthPaths() throws IOException {
        var server = server(AdminLimits.DEFAULT);
        server.askedBy(new Hosts(List.of(), List.of("lb1")));
        String rebound = " HTTP/1.1\r\nhost: evil.example:9100\r\n\r\n";
        try (RawHttp client = RawHttp.to(server.listen(ANY))) {
            for (String path : List.of("/", "/status", "/metrics", "/events", "/nothing")) {
                var refused = client.send("GET " + path + rebound).answer();
                assertEquals(421, refused.status(), path);
                assertTrue(refused.body().contains("admin.hosts"), refused.body());
            }
            for (String path : List.of("/healthz", "/livez")) {
                assertEquals(200, client.send("GET " + path + rebound).answer().status(), path);
            }
            for (String host : List.of("host: LB1:9100\r\n", "host: 127.0.0.1\r\n", "")) {
                assertEquals(
                        200,
                        client.send("GET /status HTTP/1.1\r\n" + host + "\r\n")
                                .answer()
                                .status(),
                        host);
            }
            assertEquals(
                    421,
                    client.send("GET /status HTTP/1.1\r\nhost: lb1\r\nhost: evil.example\r\n\r\n")
                            .answer()
                            .status());
        }
    }

    @Test
    void bodiesAreRefusedAndTheConnectionEnds() throws IOException {
        for (String header : List.of("content-length: 5", "transfer-encoding: chunked")) {
            try (RawHttp client = client()) {
                var answer = client.send("GET /livez HTTP/1.1\r\n" + header + "\r\n\r\nhello")
                        .answer();
                assertEquals(413, answer.status(), header);
                assertTrue(client.isEnded(), header);
            }
        }
    }

    @Test
    void oversizedHeadersAreRefusedAndTheRefusalArrives() throws IOException {
        try (RawHttp client = client()) {
            // Twice the limit, so that the server answers with bytes of ours still unread.
            client.send("GET /livez HTTP/1.1\r\nx: " + "a".repeat(16_000) + "\r\n\r\n");
            assertEquals(431, client.answer().status());
            assertTrue(client.isEndedWithoutReset());
        }
        try (RawHttp client = client()) {
            client.send("GET /" + "a".repeat(5_000) + " HTTP/1.1\r\n\r\n");
            assertEquals(414, client.answer().status());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n",
                "GET\r\n\r\n",
                "GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n"
            })
    void garbageIsRefused(String garbage) throws IOException {
        try (RawHttp client = client()) {
            assertEquals(400, client.send(garbage).answer().status());
            assertTrue(client.isEnded());
        }
    }

    @Test
    void anotherMajorVersionIsRefused() throws IOException {
        try (RawHttp client = client()) {
            assertEquals(505, client.send("GET / HTTP/2.0\r\n\r\n").answer().status());
        }
    }

    @Test
    void aRequestThatDoesNotEndIsCut() throws IOException {
        var address = server(limits(10, 5, LONG, ENDLESS, ENDLESS)).listen(ANY);
        try (RawHttp client = RawHttp.to(address);
                RawHttp silent = RawHttp.to(address)) {
            client.send("GET /livez HTTP/1.1\r\nx: ");
            rush();
            assertTrue(client.isEnded());
            assertTrue(silent.isEnded(), "nothing sent at all");
        }
    }

    @Test
    void aSecondRequestThatDoesNotEndIsCutToo() throws IOException {
        var server = server(limits(10, 5, LONG, ENDLESS, ENDLESS));
        try (RawHttp client = RawHttp.to(server.listen(ANY))) {
            assertEquals(200, client.get("/livez").status());
            client.send("GET");
            rush();
            assertTrue(client.isEnded());
        }
    }

    @Test
    void anIdleConnectionIsClosed() throws IOException {
        var server = server(limits(10, 5, ENDLESS, LONG, ENDLESS));
        try (RawHttp client = RawHttp.to(server.listen(ANY))) {
            assertEquals(200, client.get("/livez").status());
            rush();
            assertTrue(client.isEnded());
        }
    }

    @Test
    void aNewcomerIsLetInAndTheIdlestGoes() throws IOException {
        var address = server(limits(2, 1)).listen(ANY);
        try (RawHttp first = RawHttp.to(address);
                RawHttp second = RawHttp.to(address)) {
            assertEquals(200, first.get("/livez").status());
            assertEquals(200, second.get("/livez").status());
            assertEquals(200, first.get("/livez").status());
            try (RawHttp third = RawHttp.to(address)) {
                assertEquals(200, third.get("/livez").status());
                assertTrue(second.isEnded());
                assertEquals(200, first.get("/livez").status());
            }
        }
        assertEquals(
                List.of("admin-crowded"),
                events.after(0, 10).stream().map(Event::kind).toList());
        assertTrue(
                events.after(0, 10).getFirst().text().startsWith("loopback has 2 connections to the admin port"),
                events.after(0, 10).getFirst().text());
    }

    @Test
    void whoIsServedDoesNotGoForANewcomer() throws IOException {
        var address = server(limits(2, 1)).listen(ANY);
        try (RawHttp follower = RawHttp.to(address)) {
            follower.send("GET /events HTTP/1.1\r\naccept: text/event-stream\r\n\r\n")
                    .answer();
            try (RawHttp idle = RawHttp.to(address);
                    RawHttp newcomer = RawHttp.to(address)) {
                assertEquals(200, newcomer.get("/livez").status());
                assertTrue(idle.isEnded());
            }
            assertEquals("id: 1", follower.line());
            assertEquals("event: admin-crowded", follower.line());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "GET /", "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n", "GET /status HTTP/1.1\r\n\r\n"})
    void theHealthPathsAreAnsweredWhateverOneSourceHolds(String said) throws IOException {
        var address = server(AdminLimits.DEFAULT).listen(ANY);
        notReady.set(List.of());
        List<RawHttp> holding = new ArrayList<>();
        try {
            for (int i = 0; i < 600; i++) {
                holding.add(RawHttp.to(address));
                try {
                    holding.getLast().send(said);
                } catch (IOException e) {
                    // Closed for one that came later.
                    continue;
                }
            }
            for (String path : List.of("/healthz", "/livez", "/readyz", "/healthz")) {
                try (RawHttp probe = RawHttp.to(address)) {
                    assertEquals(200, probe.get(path).status(), path);
                }
            }
        } finally {
            for (RawHttp each : holding) {
                each.close();
            }
        }
        try (RawHttp probe = RawHttp.to(address)) {
            String metrics = probe.get("/metrics").body();
            assertTrue(
                    metrics.matches("(?s).*hawser_admin_connections_closed_total\\{reason=\"crowded\"} [1-9].*"),
                    metrics);
        }
    }

    @Test
    void loopbackDoesNotWaitBehindAllWhoAreNotAcceptedYet() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        AtomicBoolean holds = new AtomicBoolean();
        AtomicReference<AdminServer> asked = new AtomicReference<>();
        AtomicLong crowdedWhenAsked = new AtomicLong(-1);
        var server = AdminServer.start(
                new AdminSources(
                        health::get,
                        List::of,
                        () -> {
                            // On the admin thread, which therefore does nothing else meanwhile.
                            if (holds.compareAndSet(true, false)) {
                                awaitUnchecked(held);
                            } else if (asked.get() != null) {
                                crowdedWhenAsked.compareAndSet(-1, asked.get().closedSoFar(Closed.CROWDED));
                            }
                            return List.of();
                        },
                        status::get,
                        Samples.metrics(),
                        events),
                AdminLimits.DEFAULT,
                this::tick);
        servers.add(server);
        int taken = server.listen(new InetSocketAddress("0.0.0.0", 0)).getPort();
        var loopback = new InetSocketAddress("127.0.0.1", taken);
        var elsewhere = new InetSocketAddress("127.0.0.2", taken);
        List<Socket> strangers = new ArrayList<>();
        try (RawHttp holding = RawHttp.to(loopback)) {
            holds.set(true);
            holding.send("GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n");
            while (holds.get()) {
                Thread.onSpinWait();
            }
            for (int i = 0; i < 1_000; i++) {
                strangers.add(new Socket(elsewhere.getAddress(), taken));
            }
            asked.set(server);
            try (RawHttp late = RawHttp.to(loopback)) {
                late.send("GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n");
                held.countDown();
                assertEquals(200, late.answer().status());
            }
            assertEquals(200, holding.answer().status());
            long crowded = crowdedWhenAsked.get();
            assertTrue(crowded >= 0 && crowded < 500, () -> crowded + " of 1,000 strangers were served before");
        } finally {
            held.countDown();
            for (Socket each : strangers) {
                each.close();
            }
        }
    }

    private static void awaitUnchecked(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aPortOnAllAddressesIsNobodyElses() throws Exception {
        var server = server(AdminLimits.DEFAULT);
        int taken = server.listen(new InetSocketAddress("0.0.0.0", 0)).getPort();
        for (String address : List.of("0.0.0.0", "127.0.0.1", "127.0.0.2")) {
            try (ServerSocket other = new ServerSocket()) {
                assertThrows(BindException.class, () -> other.bind(new InetSocketAddress(address, taken)), address);
            }
        }
        server.rebind(new InetSocketAddress("127.0.0.1", taken));
        server.rebind(new InetSocketAddress("0.0.0.0", taken));
        try (RawHttp client = RawHttp.to(new InetSocketAddress("127.0.0.1", taken))) {
            assertEquals(200, client.get("/livez").status());
        }
    }

    @Test
    void whoDoesNotReadTheEventsCostsNobodyElse() throws Exception {
        fill();
        var address = server(limits(300, 1)).listen(ANY);
        List<RawHttp> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 250; i++) {
                silent.add(RawHttp.to(address).send("GET /events HTTP/1.1\r\n\r\n"));
            }
            long before =
                    io.netty.buffer.PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
            try (RawHttp probe = RawHttp.to(address)) {
                for (int i = 0; i < 50; i++) {
                    assertEquals(200, probe.get("/healthz").status());
                }
                int length = Integer.parseInt(probe.send("HEAD /events HTTP/1.1\r\n\r\n")
                        .answer(false)
                        .headers()
                        .get("content-length"));
                assertTrue(length > 3_000_000, "only " + length);
                assertTrue(before < 64L << 20, before + " bytes for 250 that do not read");
                // And who reads late gets all of it.
                assertEquals(length, silent.getFirst().answer().body().getBytes(UTF_8).length);
            }
        } finally {
            for (RawHttp each : silent) {
                each.close();
            }
        }
    }

    @Test
    void aReaderOfAPageThatWasMadeAnewTooOftenIsCut() throws Exception {
        fill();
        var server = server(limits(10, 1));
        Path path = Files.createTempDirectory("admin").resolve("a.sock");
        server.listen(path, Commands.NONE);
        try (RawHttp slow = RawHttp.to(server.listen(ANY));
                RawHttp asking = RawHttp.to(path)) {
            assertEquals('H', slow.send("GET /events HTTP/1.1\r\n\r\n").line().charAt(0));
            for (int i = 0; i < Pages.HELD; i++) {
                assertEquals(200, asking.get("/events").status());
            }
            assertTrue(slow.readAll() < 3_000_000, "read to the end");
        } finally {
            Files.deleteIfExists(path);
            Files.deleteIfExists(path.getParent());
        }
    }

    @Test
    void aPageThatHangsHoldsNoHealthPath() throws Exception {
        var hang = new java.util.concurrent.CountDownLatch(1);
        var server = AdminServer.start(
                new AdminSources(
                        health::get,
                        List::of,
                        List::of,
                        () -> {
                            try {
                                hang.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                            return Samples.good();
                        },
                        Samples.metrics(),
                        events),
                limits(10, 1),
                this::tick);
        servers.add(server);
        var address = server.listen(ANY);
        try (RawHttp status = RawHttp.to(address);
                RawHttp probe = RawHttp.to(address)) {
            status.send("GET /status HTTP/1.1\r\n\r\n");
            for (String path : List.of("/healthz", "/livez", "/readyz", "/")) {
                assertEquals(200, probe.get(path).status(), path);
            }
            rush();
            var late = status.answer();
            assertEquals(503, late.status());
            assertTrue(late.body().contains("was not ready within"), late.body());
            assertTrue(status.isEnded());
        } finally {
            hang.countDown();
        }
    }

    /** As many events as a node keeps, each as long as one may be. */
    private void fill() {
        events = new EventLog(2_000, java.time.InstantSource.fixed(Samples.NOW));
        var logger = (ch.qos.logback.classic.Logger) org.slf4j.LoggerFactory.getLogger(EventLog.class);
        logger.setLevel(ch.qos.logback.classic.Level.OFF);
        for (int i = 0; i < events.capacity(); i++) {
            events.append("a", Severity.INFO, "s", "x".repeat(EventLog.MAX_TEXT));
        }
        logger.setLevel(null);
    }

    @Test
    void aSourceThatThrowsIs500AndHurtsNobodyElse() throws IOException {
        status.set(null);
        try (RawHttp client = client()) {
            assertEquals(500, client.get("/status").status());
            assertTrue(client.isEnded());
        }
        try (RawHttp client = RawHttp.to(servers.getFirst().listen(ANY))) {
            assertEquals(200, client.get("/healthz").status());
        }
    }

    @Test
    void metricsAreTextOrOpenMetricsAsAsked() throws IOException {
        try (RawHttp client = client()) {
            var text = client.get("/metrics");
            assertEquals(
                    "text/plain; version=0.0.4; charset=utf-8", text.headers().get("content-type"));
            assertFalse(text.body().endsWith("# EOF\n"));
            // What Prometheus 3 sends.
            var open = client.send("GET /metrics HTTP/1.1\r\naccept: application/openmetrics-text;version=1.0.0;"
                            + "escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1\r\n\r\n")
                    .answer();
            assertEquals(
                    "application/openmetrics-text; version=1.0.0; charset=utf-8",
                    open.headers().get("content-type"));
            assertTrue(open.body().endsWith("# EOF\n"));
        }
    }

    @Test
    void eventsAreJsonLinesNewestLast() throws IOException {
        events.append("vrrp-state", Severity.WARNING, "api", "became active", java.util.Map.of("ms", "378"));
        events.append("member", Severity.INFO, "m1", "is up");
        try (RawHttp client = client()) {
            var answer = client.get("/events");
            assertEquals("application/x-ndjson", answer.headers().get("content-type"));
            assertEquals(
                    "{\"id\":1,\"at\":\"2026-03-01T12:00:00Z\",\"kind\":\"vrrp-state\",\"severity\":\"warning\","
                            + "\"subject\":\"api\",\"text\":\"became active\",\"details\":{\"ms\":\"378\"}}",
                    answer.body().split("\n")[0]);
            assertTrue(answer.body().split("\n")[1].contains("\"id\":2"));
        }
    }

    @Test
    void theEventStreamBeginsWithWhatWasAndGoesOnLive() throws IOException {
        events.append("a", Severity.INFO, "s", "before");
        try (RawHttp client = client()) {
            client.send("GET /events HTTP/1.1\r\naccept: text/event-stream\r\n\r\n");
            assertEquals("text/event-stream", client.answer().headers().get("content-type"));
            assertEquals("id: 1", client.line());
            assertEquals("event: a", client.line());
            assertTrue(client.line().startsWith("data: {\"id\":1,"));
            assertEquals("", client.line());
            events.append("b", Severity.INFO, "s", "after");
            assertEquals("id: 2", client.line());
        }
    }

    @Test
    void aReaderThatComesBackGetsOnlyWhatItMissed() throws IOException {
        for (int i = 0; i < 5; i++) {
            events.append("a", Severity.INFO, "s", "event " + i);
        }
        try (RawHttp client = client()) {
            client.send("GET /events HTTP/1.1\r\naccept: text/event-stream\r\nlast-event-id: 4\r\n\r\n");
            client.answer();
            assertEquals("id: 5", client.line());
        }
    }

    @Test
    void liveReadersAreBounded() throws IOException {
        var address = server(limits(10, 1)).listen(ANY);
        String request = "GET /events HTTP/1.1\r\naccept: text/event-stream\r\n\r\n";
        try (RawHttp first = RawHttp.to(address);
                RawHttp second = RawHttp.to(address)) {
            assertEquals(200, first.send(request).answer().status());
            assertEquals(503, second.send(request).answer().status());
        }
    }

    @Test
    void aReaderThatTheEventsOvertakeIsDropped() throws IOException {
        try (RawHttp client = client()) {
            client.send("GET /events HTTP/1.1\r\naccept: text/event-stream\r\n\r\n");
            client.answer();
            events.append("a", Severity.INFO, "s", "first");
            assertEquals("id: 1", client.line());
            // Far more than the socket and the server hold for a client that does not read, and than the log keeps.
            String text = "x".repeat(EventLog.MAX_TEXT);
            var logger = (ch.qos.logback.classic.Logger) org.slf4j.LoggerFactory.getLogger(EventLog.class);
            logger.setLevel(ch.qos.logback.classic.Level.OFF);
            for (int i = 0; i < 20_000; i++) {
                events.append("a", Severity.INFO, "s", text);
            }
            logger.setLevel(null);
            assertTrue(client.isEnded());
        }
        try (RawHttp other = RawHttp.to(servers.getFirst().listen(ANY))) {
            assertEquals(200, other.get("/livez").status());
        }
    }

    @Test
    void aReaderThatStallsIsCutAfterAWhile() throws IOException {
        var server = server(limits(10, 5, ENDLESS, ENDLESS, LONG));
        rush();
        try (RawHttp client = RawHttp.to(server.listen(ANY))) {
            // Asks without reading until the server stops reading too, and then cuts.
            var cut = assertThrows(IOException.class, () -> {
                while (true) {
                    client.send("GET /status HTTP/1.1\r\n\r\n".repeat(100));
                }
            });
            assertTrue(String.valueOf(cut.getMessage()).matches("(?i).*(reset|broken pipe).*"), cut.toString());
        }
    }

    @Test
    void aPortThatIsTakenIsNamedWithARemedy() {
        var address = server(AdminLimits.DEFAULT).listen(ANY);
        var failure = assertThrows(
                AdminException.class, () -> server(AdminLimits.DEFAULT).listen(address));
        String message = String.valueOf(failure.getMessage());
        assertTrue(message.contains("admin.bind 127.0.0.1:" + address.getPort()), message);
        assertTrue(message.contains("in use"), message);
        assertTrue(message.contains("ss -ltnp"), message);
    }

    @Test
    void commandsAreTakenOnTheSocketOnly(@org.junit.jupiter.api.io.TempDir Path folder) throws IOException {
        var ran = new AtomicInteger();
        Commands commands = new Commands() {
            @Override
            public java.util.Set<String> names() {
                return java.util.Set.of("drain");
            }

            @Override
            public java.util.concurrent.CompletionStage<Answer> run(
                    String name, java.util.Map<String, String> arguments) {
                ran.incrementAndGet();
                return java.util.concurrent.CompletableFuture.supplyAsync(() -> new Answer(
                        arguments.containsKey("member") ? Result.DONE : Result.REFUSED, name + " " + arguments));
            }
        };
        var server = server(AdminLimits.DEFAULT);
        Path path = folder.resolve("a.sock");
        server.listen(path, commands);
        try (RawHttp client = RawHttp.to(server.listen(ANY))) {
            assertEquals(
                    404,
                    client.send("POST /commands/drain HTTP/1.1\r\n\r\n")
                            .answer()
                            .status());
            assertEquals(0, ran.get());
        }
        try (RawHttp client = RawHttp.to(path)) {
            assertEquals(200, client.get("/healthz").status());
            assertEquals("POST", client.get("/commands/drain").headers().get("allow"));
            assertEquals(
                    404,
                    client.send("POST /commands/nothing HTTP/1.1\r\n\r\n")
                            .answer()
                            .status());
            var answer = client.send("POST /commands/drain?member=m%31 HTTP/1.1\r\n\r\n")
                    .answer();
            assertEquals("{\"done\":true,\"result\":\"done\",\"text\":\"drain {member=m1}\"}", answer.body());
            assertTrue(client.isEnded());
        }
        try (RawHttp client = RawHttp.to(path)) {
            assertEquals(
                    409,
                    client.send("POST /commands/drain HTTP/1.1\r\n\r\n")
                            .answer()
                            .status());
        }
        assertEquals(2, ran.get());
    }

    @Test
    void curlReadsEveryPath(@org.junit.jupiter.api.io.TempDir Path folder) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "curl is not installed");
        var server = server(AdminLimits.DEFAULT);
        int port = server.listen(ANY).getPort();
        Path path = folder.resolve("a.sock");
        server.listen(path, Commands.NONE);
        for (String part : List.of("/", "/healthz", "/livez", "/status", "/metrics", "/events")) {
            assertEquals("200", curl("http://127.0.0.1:" + port + part), part);
            assertEquals("200", curl("--unix-socket", path.toString(), "http://x" + part), part);
            assertEquals("200", curl("--head", "http://127.0.0.1:" + port + part), part);
        }
        assertEquals("405", curl("-X", "DELETE", "http://127.0.0.1:" + port + "/status"));
        assertEquals("413", curl("-d", "a=b", "http://127.0.0.1:" + port + "/status"));
        health.set(Samples.health(false));
        assertEquals("503", curl("http://127.0.0.1:" + port + "/healthz"));
    }

    private static String curl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(
                List.of("/usr/bin/curl", "-s", "-S", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        process.waitFor();
        return said;
    }

    @Test
    void theHealthAnswerIsRenderedAgainOnlyWhenItChangedOrASecondPassed() {
        long[] now = {0};
        var views = new Views(
                new AdminSources(health::get, List::of, List::of, status::get, Samples.metrics(), events),
                () -> now[0]);
        byte[] first = views.healthBytes("/healthz");
        now[0] = 999_999_999;
        health.set(Samples.health(true));
        assertEquals(first, views.healthBytes("/healthz"), "equal health, same second");
        now[0] = 1_000_000_000;
        byte[] second = views.healthBytes("/healthz");
        assertNotEquals(first, second);
        health.set(Samples.health(false));
        assertTrue(new String(views.healthBytes("/healthz")).startsWith("HTTP/1.1 503 "));
    }

    @Test
    void anEndedServerHasNoThreadAndNoSocketFile(@org.junit.jupiter.api.io.TempDir Path folder) throws IOException {
        var server = server(AdminLimits.DEFAULT);
        Path path = folder.resolve("a.sock");
        server.listen(path, Commands.NONE);
        try (RawHttp client = RawHttp.to(server.listen(ANY))) {
            assertEquals(200, client.get("/livez").status());
            server.close();
            assertTrue(client.isEnded());
        }
        assertFalse(Files.exists(path));
        events.append("a", Severity.INFO, "s", "nobody listens");
        assertTrue(server.hasEnded(20_000));
    }
}
