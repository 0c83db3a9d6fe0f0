package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admission.AccessRules;
import io.hawser.lb.admission.Network;
import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.Distribution;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Member.Health;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.balance.PoolSettings.SendProxyProtocol;
import io.hawser.lb.inspect.Hellos;
import io.hawser.lb.inspect.ProxyHeader;
import io.hawser.lb.inspect.ProxyHeaderWriter;
import io.hawser.lb.net.Buffer;
import io.hawser.lb.net.BufferPool;
import io.netty.channel.IoEventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clients have to say before they are given a member: hellos that decide, and PROXY headers. */
@Timeout(300)
class InspectPhaseTest {
    private static final byte[] HELLO = Hellos.browserLike("a.example");
    private static final byte[] LINE =
            "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n".getBytes(StandardCharsets.US_ASCII);

    /** Of a header of version 2 with IPv4 addresses and its checksum, and nothing more. */
    private static final int BINARY_LENGTH = 16 + 12 + 7;

    private static ListenerPlan plan(Routes routes, String... trusted) throws Exception {
        List<Network> networks = new ArrayList<>();
        for (String address : trusted) {
            networks.add(new Network(InetAddress.getByName(address), 32));
        }
        return new ListenerPlan(
                Fixture.LISTENER,
                List.of(Fixture.ANY_PORT),
                routes,
                new ListenerPlan.Greeting(Duration.ofSeconds(10), networks),
                Duration.ofHours(1),
                0,
                WhenNoMember.CLOSE,
                AccessRules.OPEN);
    }

    private static Fixture fixture(PoolSettings settings, InetSocketAddress... members) {
        return new Fixture(new ProxySettings(1, 10_000, 64 << 20), settings, members);
    }

    private static Fixture routing(InetSocketAddress member) throws Exception {
        Fixture fixture = fixture(PoolSettings.DEFAULTS, member);
        fixture.proxy.apply(List.of(plan(onlyFor(fixture.pool))));
        return fixture;
    }

    private static Routes onlyFor(Pool pool) {
        return Routes.of(List.of(new Routes.Route(Set.of("a.example"), Set.of(), pool)), null);
    }

    static Fixture trusting(PoolSettings settings, String trusted, InetSocketAddress... members) throws Exception {
        Fixture fixture = fixture(settings, members);
        fixture.proxy.apply(List.of(plan(Routes.to(fixture.pool), trusted)));
        return fixture;
    }

    private static void assertEchoes(Socket client, byte[] bytes) throws Exception {
        client.getOutputStream().write(bytes);
        assertArrayEquals(bytes, client.getInputStream().readNBytes(bytes.length));
    }

    private static void assertEnds(Fixture fixture, Outcome outcome, byte[] bytes) throws Exception {
        long before = fixture.ended(outcome);
        try (Socket client = fixture.connect()) {
            client.getOutputStream().write(bytes);
            assertTrue(Peers.endsByReset(client));
        } catch (SocketException e) {
            // It was reset while the client was still writing.
        }
        fixture.awaitEnded(outcome, before + 1);
    }

    // --- routes

    @Test
    void eachNameReachesItsPoolUnchanged() throws Exception {
        try (Peers.Server one = new Peers.Server(Peers::echo);
                Peers.Server two = new Peers.Server(Peers::echo);
                Fixture fixture = fixture(PoolSettings.DEFAULTS, one.address())) {
            Member member = new Member("other", "o1", two.address(), 100);
            Pool other = new Pool("other", PoolSettings.DEFAULTS, List.of(member));
            other.health(member, Health.UP);
            fixture.proxy.apply(List.of(
                    plan(Routes.of(List.of(new Routes.Route(Set.of("*.b.example"), Set.of(), other)), fixture.pool))));
            try (Socket a = fixture.connect();
                    Socket b = fixture.connect()) {
                assertEchoes(a, HELLO);
                assertEchoes(b, Hellos.browserLike("x.b.example"));
                assertEquals(1, one.connections());
                assertEquals(1, two.connections());
                byte[] more = Hellos.noise(100_000, 3);
                b.getOutputStream().write(more);
                assertArrayEquals(more, b.getInputStream().readNBytes(more.length));
            }
        }
    }

    @Test
    void aHelloMayComeByteByByteAndInRecordsOfOne() throws Exception {
        byte[] message = Hellos.message(Hellos.serverName("a.example"));
        byte[] hello = Hellos.inRecords(message, 1);
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = routing(member.address());
                Socket client = fixture.connect()) {
            client.setTcpNoDelay(true);
            for (byte each : hello) {
                client.getOutputStream().write(each);
            }
            assertArrayEquals(hello, client.getInputStream().readNBytes(hello.length));
        }
    }

    @Test
    void aHelloOfTheLargestSizeIsRouted() throws Exception {
        byte[] hello = Hellos.with(Hellos.serverName("a.example"), Hellos.extension(21, new byte[15_000]));
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = routing(member.address());
                Socket client = fixture.connect()) {
            assertEchoes(client, hello);
        }
    }

    @Test
    void earlyDataBehindTheHelloIsKeptInOrder() throws Exception {
        byte[] early =
                Hellos.join(Hellos.with(Hellos.serverName("a.example"), Hellos.earlyData()), Hellos.noise(50_000, 8));
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Peers.Server other = new Peers.Server(Peers::echo);
                Fixture fixture = fixture(PoolSettings.DEFAULTS, member.address(), other.address())) {
            fixture.proxy.apply(List.of(plan(onlyFor(fixture.pool))));
            try (Socket client = fixture.connect()) {
                assertEchoes(client, early);
            }
        }
    }

    @Test
    void whatIsNoHelloIsCutAndCountedByItsReason() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = routing(member.address())) {
            assertEnds(fixture, Outcome.NOT_TLS, "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertEnds(fixture, Outcome.NOT_TLS, Hellos.noise(60_000, 1));
            assertEnds(fixture, Outcome.HELLO_MALFORMED, Hellos.with(Hellos.serverName("a b")));
            assertEnds(fixture, Outcome.HELLO_TOO_LARGE, new byte[] {22, 3, 1, 0, 4, 1, 1, 0, 0});
            byte[] endless = new byte[16_000];
            endless[0] = 1;
            endless[2] = 0x3E;
            assertEnds(fixture, Outcome.HELLO_TOO_LARGE, Hellos.inRecords(endless, 1));
            assertEnds(fixture, Outcome.NO_ROUTE, Hellos.browserLike("c.example"));
            assertEnds(fixture, Outcome.NO_ROUTE, Hellos.with());
            assertEquals(0, member.connections());
            assertEquals(0, fixture.bufferBytes());
        }
    }

    @Test
    void aHelloThatIsNotThereInTimeIsCut() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = routing(member.address());
                Socket silent = fixture.connect();
                Socket slow = fixture.connect()) {
            slow.getOutputStream().write(HELLO, 0, 500);
            Peers.await("kept", () -> fixture.proxy.loops().getFirst().buffers().taken() > 0);
            fixture.awaitActive(2);
            fixture.pass(Duration.ofSeconds(9));
            slow.getOutputStream().write(HELLO, 500, 100);
            fixture.pass(Duration.ofSeconds(1));
            assertTrue(Peers.endsByReset(silent));
            assertTrue(Peers.endsByReset(slow));
            fixture.awaitEnded(Outcome.HELLO_TIMEOUT, 2);
        }
    }

    @Test
    void aMemberThatSpeaksBeforeTheHelloIsNoTlsServerAndAnotherIsTaken() throws Exception {
        CountDownLatch spoken = new CountDownLatch(1);
        try (Peers.Server talker = new Peers.Server(socket -> {
                    socket.getOutputStream().write(1);
                    spoken.countDown();
                    socket.getInputStream().readAllBytes();
                });
                Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = fixture(Fixture.inTurn(3), talker.address(), member.address())) {
            fixture.proxy.apply(List.of(plan(onlyFor(fixture.pool))));
            IoEventLoop executor = fixture.proxy.loops().getFirst().executor();
            Member first = fixture.pool.members().all().getFirst();
            // The loop sees in one turn that it is connected and what the member said: between the turn that begins
            // the connection and the next one it waits for the member.
            Runnable waiting = new Runnable() {
                @Override
                public void run() {
                    if (first.active() == 0) {
                        executor.execute(this);
                        return;
                    }
                    try {
                        assertTrue(spoken.await(30, TimeUnit.SECONDS));
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }
            };
            executor.execute(waiting);
            try (Socket client = fixture.connect()) {
                assertEchoes(client, HELLO);
            }
            assertEquals(List.of("m1 SPOKE_FIRST"), fixture.failed);
        }
    }

    // --- floods

    @Test
    void clientsThatNeverSendCostNoBufferAndAreCut() throws Exception {
        List<Socket> clients = new ArrayList<>();
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = routing(member.address())) {
            for (int i = 0; i < 2_000; i++) {
                clients.add(fixture.connect());
            }
            fixture.awaitActive(2_000);
            assertEquals(0, fixture.proxy.loops().getFirst().buffers().taken());
            try (Socket good = fixture.connect()) {
                assertEchoes(good, HELLO);
            }
            fixture.pass(Duration.ofSeconds(10));
            fixture.awaitEnded(Outcome.HELLO_TIMEOUT, 2_000);
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    @Test
    void clientsThatSendABitCostASmallBlockEach() throws Exception {
        List<Socket> clients = new ArrayList<>();
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = routing(member.address())) {
            for (int i = 0; i < 500; i++) {
                Socket client = fixture.connect();
                client.getOutputStream().write(HELLO, 0, 1000);
                clients.add(client);
            }
            BufferPool buffers = fixture.proxy.loops().getFirst().buffers();
            Peers.await("all are kept", () -> buffers.taken() == 500L * Buffer.allocated(BufferPool.SMALL));
            fixture.pass(Duration.ofSeconds(10));
            fixture.awaitEnded(Outcome.HELLO_TIMEOUT, 500);
            assertEquals(0, buffers.taken());
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    @Test
    void beyondTheBudgetNewcomersAreShedAndTheOthersStay() throws Exception {
        List<Socket> clients = new ArrayList<>();
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = new Fixture(
                        new ProxySettings(1, 1000, 4L * Buffer.allocated(BufferPool.LARGE)),
                        PoolSettings.DEFAULTS,
                        member.address())) {
            fixture.proxy.apply(List.of(plan(onlyFor(fixture.pool))));
            int fit = 4 * Buffer.allocated(BufferPool.LARGE) / Buffer.allocated(BufferPool.SMALL);
            for (int i = 0; i < fit + 20; i++) {
                Socket client = fixture.connect();
                client.getOutputStream().write(HELLO, 0, 1000);
                clients.add(client);
            }
            fixture.awaitEnded(Outcome.INTERNAL, 20);
            fixture.awaitActive(fit);
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    @Test
    void aSourceThatSaysHalfOfManyHellosHasAQuarterOfTheBudget() throws Exception {
        List<Socket> clients = new ArrayList<>();
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = new Fixture(
                        new ProxySettings(1, 1000, 4L * Buffer.allocated(BufferPool.LARGE)),
                        PoolSettings.DEFAULTS,
                        member.address())) {
            fixture.proxy.apply(List.of(plan(onlyFor(fixture.pool))));
            int fit = 4 * Buffer.allocated(BufferPool.LARGE) / Buffer.allocated(BufferPool.SMALL);
            for (int i = 0; i < fit; i++) {
                Socket client = fixture.connect();
                client.getOutputStream().write(HELLO, 0, 1000);
                clients.add(client);
            }
            BufferPool buffers = fixture.proxy.loops().getFirst().buffers();
            Peers.await("all are kept", () -> buffers.taken() == (long) fit * Buffer.allocated(BufferPool.SMALL));
            fixture.pass(Duration.ofSeconds(6));
            fixture.awaitEnded(Outcome.HELLO_TIMEOUT, fit - fit / 4);
            assertEquals(fit / 4, fixture.proxy.snapshot().active());
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    // --- affinity

    @Test
    void connectionsToOneNameStayTogether() throws Exception {
        try (Peers.Server one = new Peers.Server(Peers::echo);
                Peers.Server two = new Peers.Server(Peers::echo);
                Peers.Server three = new Peers.Server(Peers::echo);
                Fixture fixture = fixture(
                        // A member that is slow to accept would have another tried beside it.
                        PoolSettings.DEFAULTS
                                .with(Distribution.DEFAULTS.with(Affinity.SNI))
                                .hedgedAfter(Duration.ZERO),
                        one.address(),
                        two.address(),
                        three.address())) {
            fixture.proxy.apply(List.of(plan(Routes.to(fixture.pool))));
            for (int i = 0; i < 6; i++) {
                try (Socket client = fixture.connect()) {
                    assertEchoes(client, HELLO);
                }
            }
            int[] each = {one.connections(), two.connections(), three.connections()};
            Arrays.sort(each);
            assertArrayEquals(new int[] {0, 0, 6}, each);
        }
    }

    // --- PROXY headers

    @Test
    void aTrustedHeaderSaysWhoTheClientIsAndTheMemberIsToldInTurn() throws Exception {
        for (SendProxyProtocol form : List.of(SendProxyProtocol.V1, SendProxyProtocol.V2)) {
            try (Peers.Server member = new Peers.Server(Peers::echo);
                    Fixture fixture = trusting(PoolSettings.DEFAULTS.announcing(form), "127.0.0.1", member.address());
                    Socket client = fixture.connect()) {
                client.setTcpNoDelay(true);
                for (byte each : LINE) {
                    client.getOutputStream().write(each);
                }
                client.getOutputStream().write(42);
                int length = form == SendProxyProtocol.V1 ? LINE.length : BINARY_LENGTH;
                byte[] echoed = client.getInputStream().readNBytes(length + 1);
                assertEquals(42, echoed[length]);
                if (form == SendProxyProtocol.V1) {
                    assertArrayEquals(LINE, Arrays.copyOf(echoed, length));
                } else {
                    ProxyHeader.Known known = assertKnown(ProxyHeader.decode(ByteBuffer.wrap(echoed), 0, length));
                    assertEquals(length, known.length());
                    assertEquals(new InetSocketAddress("192.0.2.1", 56324), known.source());
                    assertEquals(new InetSocketAddress("198.51.100.2", 443), known.destination());
                }
                ConnectionInfo info = Peers.get(fixture.proxy.connections()).getFirst();
                assertEquals(new InetSocketAddress("192.0.2.1", 56324), info.client());
            }
        }
    }

    private static ProxyHeader.Known assertKnown(ProxyHeader header) {
        return assertInstanceOf(ProxyHeader.Known.class, header);
    }

    @Test
    void aHeaderAndAHelloInOneSegmentAreRoutedAndRaced() throws Exception {
        try (Peers.Server frozen =
                        new Peers.Server(socket -> socket.getInputStream().readAllBytes());
                Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = trusting(
                        Fixture.inTurn(3).hedgedAfter(Duration.ofMillis(100)).announcing(SendProxyProtocol.V1),
                        "127.0.0.1",
                        frozen.address(),
                        member.address());
                Socket client = fixture.connect()) {
            client.getOutputStream().write(Hellos.join(LINE, HELLO));
            byte[] expected = Hellos.join(LINE, HELLO);
            assertArrayEquals(expected, client.getInputStream().readNBytes(expected.length));
            assertEquals(1, frozen.connections(), "it was tried first");
        }
    }

    @Test
    void aRequestBehindAHeaderIsNeverSentTwice() throws Exception {
        byte[] request = "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        CompletableFuture<Void> sent = new CompletableFuture<>();
        CompletableFuture<Void> goOn = new CompletableFuture<>();
        try (Peers.Server slow = new Peers.Server(socket -> {
                    byte[] got = socket.getInputStream().readNBytes(LINE.length + request.length);
                    sent.complete(null);
                    Peers.get(goOn);
                    socket.getOutputStream().write(got);
                });
                Peers.Server other = new Peers.Server(Peers::echo);
                Fixture fixture = trusting(
                        Fixture.inTurn(3).hedgedAfter(Duration.ofMillis(100)).announcing(SendProxyProtocol.V1),
                        "127.0.0.1",
                        slow.address(),
                        other.address());
                Socket client = fixture.connect()) {
            client.getOutputStream().write(Hellos.join(LINE, request));
            Peers.get(sent);
            // Ten times hedge-after, for those who would race.
            fixture.pass(Duration.ofSeconds(1));
            goOn.complete(null);
            byte[] expected = Hellos.join(LINE, request);
            assertArrayEquals(expected, client.getInputStream().readNBytes(expected.length));
            assertEquals(0, other.connections());
        }
    }

    @Test
    void aTrustedProxyThatSendsNoHeaderIsCut() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = trusting(PoolSettings.DEFAULTS, "127.0.0.1", member.address())) {
            assertEnds(fixture, Outcome.PROXY_HEADER_MISSING, HELLO);
            assertEnds(
                    fixture,
                    Outcome.PROXY_HEADER_MALFORMED,
                    "PROXY TCP4 1 2 3 4\r\n".getBytes(StandardCharsets.US_ASCII));
            try (Socket silent = fixture.connect()) {
                fixture.awaitActive(1);
                fixture.pass(Duration.ofSeconds(10));
                assertTrue(Peers.endsByReset(silent));
            }
            fixture.awaitEnded(Outcome.PROXY_HEADER_MISSING, 2);
            assertEquals(0, member.connections());
        }
    }

    @Test
    void aHeaderFromElsewhereIsNotBelievedButCountedAndCut() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = trusting(PoolSettings.DEFAULTS, "192.0.2.7", member.address())) {
            assertEnds(fixture, Outcome.PROXY_HEADER_UNTRUSTED, Hellos.join(LINE, HELLO));
            assertEnds(
                    fixture,
                    Outcome.PROXY_HEADER_UNTRUSTED,
                    ProxyHeaderWriter.binary(new ProxyHeaderWriter.Facts(null, null, null, null, null)));
            try (Socket client = fixture.connect()) {
                client.setTcpNoDelay(true);
                client.getOutputStream().write(LINE, 0, 3);
                client.getOutputStream().write(LINE, 3, LINE.length - 3);
                assertTrue(Peers.endsByReset(client));
            }
            fixture.awaitEnded(Outcome.PROXY_HEADER_UNTRUSTED, 3);
            try (Socket client = fixture.connect()) {
                assertEchoes(client, HELLO);
            }
        }
    }

    @Test
    void aClientNamedByAHeaderIsJudgedByItsAddress() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = fixture(PoolSettings.DEFAULTS, member.address())) {
            AccessRules denying =
                    new AccessRules(List.of(new Network(InetAddress.getByName("192.0.2.0"), 24)), List.of(), 0, 0);
            fixture.proxy.apply(
                    List.of(plan(Routes.to(fixture.pool), "127.0.0.1").with(denying)));
            assertEnds(fixture, Outcome.DENIED, LINE);
            try (Socket client = fixture.connect()) {
                client.getOutputStream()
                        .write("PROXY TCP4 198.51.100.9 1.1.1.1 5 6\r\nx".getBytes(StandardCharsets.US_ASCII));
                assertEquals('x', client.getInputStream().read());
            }
        }
    }

    // --- records

    @Test
    void aConnectionThatHasEndedIsRecorded() throws Exception {
        try (Peers.Server frozen =
                        new Peers.Server(socket -> socket.getInputStream().readAllBytes());
                Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = fixture(
                        Fixture.inTurn(3).hedgedAfter(Duration.ofMillis(100)), frozen.address(), member.address())) {
            fixture.proxy.apply(List.of(plan(onlyFor(fixture.pool))));
            Socket client = fixture.connect();
            InetSocketAddress address = (InetSocketAddress) client.getLocalSocketAddress();
            assertEchoes(client, HELLO);
            client.shutdownOutput();
            assertEquals(-1, client.getInputStream().read());
            client.close();
            fixture.awaitEnded(Outcome.COMPLETED, 1);

            Peers.await("a record", () -> !fixture.records.isEmpty());
            ConnectionRecord record = fixture.records.getFirst();
            assertEquals(address, record.client());
            assertEquals("a.example", record.hello().serverName());
            assertTrue(record.hello().alpn().contains("h2"));
            assertEquals("masters", record.destination().pool());
            assertEquals("m2", record.destination().member());
            assertEquals(HELLO.length, record.bytes().fromClient());
            assertEquals(HELLO.length, record.bytes().fromMember());
            assertEquals(2, record.attempts());
            assertTrue(record.isHedged());
            assertTrue(record.times().connectNanos() > 0
                    && record.times().firstByteNanos() >= record.times().connectNanos());
            assertEquals(Outcome.By.BOTH, record.outcome().by());
            assertNotNull(record.toString());
            assertFalse(record.times().durationNanos() < record.times().connectNanos());
        }
    }
}
