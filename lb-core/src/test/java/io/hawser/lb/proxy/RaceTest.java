package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Member.Health;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.inspect.Hellos;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Members that hang, stay silent or go away before they have said anything, and clients that don't notice. */
@Timeout(300)
class RaceTest {
    private static final byte[] HELLO = Hellos.browserLike("api.example");
    private static final byte[] ANSWER = {22, 3, 3, 0, 4, 2, 0, 0, 0};

    /** Accepts and says nothing, as a frozen process does. */
    private static final Peers.Behaviour SILENT =
            socket -> socket.getInputStream().transferTo(OutputStream.nullOutputStream());

    /** Answers a hello, then echoes. */
    private static void answer(Socket socket) throws IOException {
        assertArrayEquals(HELLO, socket.getInputStream().readNBytes(HELLO.length));
        socket.getOutputStream().write(ANSWER);
        Peers.echo(socket);
    }

    private static Fixture racing(InetSocketAddress... members) {
        return Fixture.serving(
                new ProxySettings(1, 100, 1 << 20), Fixture.inTurn(3).hedgedAfter(Duration.ofMillis(100)), members);
    }

    private static void assertAnswered(Socket client) throws IOException {
        client.getOutputStream().write(HELLO);
        assertArrayEquals(ANSWER, client.getInputStream().readNBytes(ANSWER.length));
        client.getOutputStream().write(new byte[] {20, 3, 3, 0, 1, 1});
        assertArrayEquals(
                new byte[] {20, 3, 3, 0, 1, 1}, client.getInputStream().readNBytes(6));
    }

    /** A pool is counted from its first connection on. */
    private static ProxyStats.HedgeStats hedges(Fixture fixture) {
        return fixture.proxy.snapshot().hedges().stream()
                .findFirst()
                .orElseGet(() -> new ProxyStats.HedgeStats("none yet", 0, 0, 0, 0));
    }

    @Test
    void aConnectThatHangsIsRacedAndTheClientSeesNothingOfIt() throws Exception {
        try (Peers.BlackHole gone = new Peers.BlackHole();
                Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = racing(gone.address(), member.address());
                Socket client = fixture.connect()) {
            client.getOutputStream().write(7);
            assertEquals(7, client.getInputStream().read());

            assertEquals(List.of("m1 HUNG", "m1 OUTDONE"), fixture.failed, "a reason to look, then a proof");
            assertEquals(1, hedges(fixture).hedged());
            assertEquals(1, hedges(fixture).won());
            assertEquals(0, hedges(fixture).replayed());
            assertEquals(0, fixture.member(0).active(), "the loser's place is given back");
        }
    }

    @Test
    void aMemberThatAcceptsAndStaysSilentIsReplaced() throws Exception {
        BlockingQueue<Boolean> lost = new LinkedBlockingQueue<>();
        try (Peers.Server frozen = new Peers.Server(socket -> {
                    socket.getInputStream().readNBytes(HELLO.length);
                    lost.add(Peers.endsByReset(socket));
                });
                Peers.Server member = new Peers.Server(RaceTest::answer);
                Fixture fixture = racing(frozen.address(), member.address());
                Socket client = fixture.connect()) {
            assertAnswered(client);

            assertEquals(List.of("m1 SILENT", "m1 OUTDONE"), fixture.failed);
            assertEquals(1, hedges(fixture).replayed());
            assertEquals(1, hedges(fixture).won());
            assertTrue(lost.poll(20, TimeUnit.SECONDS), "the loser is reset");
            assertTrue(member.failures.isEmpty(), member.failures.toString());
        }
    }

    @Test
    void twoFrozenMembersOfThreeAreReplaced() throws Exception {
        try (Peers.Server one = new Peers.Server(SILENT);
                Peers.Server two = new Peers.Server(SILENT);
                Peers.Server member = new Peers.Server(RaceTest::answer);
                Fixture fixture = racing(one.address(), two.address(), member.address());
                Socket client = fixture.connect()) {
            assertAnswered(client);
            assertEquals(2, one.connections() + two.connections());
            assertEquals(2, hedges(fixture).replayed());
        }
    }

    @Test
    void theFirstWhoAnswersHasItEvenIfItIsTheOneThatWasSlow() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        CompletableFuture<Boolean> hedgeLost = new CompletableFuture<>();
        try (Peers.Server slow = new Peers.Server(socket -> {
                    socket.getInputStream().readNBytes(HELLO.length);
                    Peers.get(go);
                    socket.getOutputStream().write(ANSWER);
                    Peers.echo(socket);
                });
                Peers.Server slower = new Peers.Server(socket -> {
                    socket.getInputStream().readNBytes(HELLO.length);
                    go.complete(null);
                    hedgeLost.complete(Peers.endsByReset(socket));
                });
                Fixture fixture = racing(slow.address(), slower.address());
                Socket client = fixture.connect()) {
            assertAnswered(client);
            assertTrue(Peers.get(hedgeLost));
            assertEquals(0, hedges(fixture).won());
            assertEquals(List.of("m1 SILENT"), fixture.failed, "nobody has done better");
        }
    }

    @Test
    void aMemberThatResetsAfterTheHelloIsReplacedAtOnce() throws Exception {
        try (Peers.Server dying = new Peers.Server(socket -> {
                    socket.getInputStream().readNBytes(HELLO.length);
                    Peers.reset(socket);
                });
                Peers.Server member = new Peers.Server(RaceTest::answer);
                Fixture fixture = racing(dying.address(), member.address());
                Socket client = fixture.connect()) {
            assertAnswered(client);
            assertEquals(List.of("m1 DROPPED", "m1 OUTDONE"), fixture.failed);
            assertEquals(0, hedges(fixture).hedged(), "nothing was under way at the same time");
        }
    }

    @Test
    void aMemberThatEndsAfterTheHelloIsReplacedAtOnce() throws Exception {
        try (Peers.Server dying =
                        new Peers.Server(socket -> socket.getInputStream().readNBytes(HELLO.length));
                Peers.Server member = new Peers.Server(RaceTest::answer);
                Fixture fixture = racing(dying.address(), member.address());
                Socket client = fixture.connect()) {
            assertAnswered(client);
            assertEquals(List.of("m1 DROPPED", "m1 OUTDONE"), fixture.failed);
        }
    }

    @Test
    void aMemberThatGoesAwayBeforeAnybodySpokeIsReplaced() throws Exception {
        try (Peers.Server dying = new Peers.Server(Peers::reset);
                Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = racing(dying.address(), member.address());
                Socket client = fixture.connect()) {
            Peers.await("the other member", () -> member.connections() == 1);
            client.getOutputStream().write(5);
            assertEquals(5, client.getInputStream().read());
            // The reset may arrive before the loop has seen that the connect succeeded.
            assertTrue(
                    List.of(List.of("m1 DROPPED"), List.of("m1 RESET")).contains(fixture.failed),
                    () -> fixture.failed.toString());
        }
    }

    @Test
    void whenEveryMemberEndsWithoutAWordTheClientSeesThatEnd() throws Exception {
        try (Peers.Server one = new Peers.Server(_ -> {});
                Peers.Server two = new Peers.Server(_ -> {});
                Fixture fixture = racing(one.address(), two.address());
                Socket client = fixture.connect()) {
            assertEquals(-1, client.getInputStream().read(), "an end, and not a reset");
            assertEquals(1, one.connections());
            assertEquals(1, two.connections());
        }
    }

    @Test
    void aServerThatSpeaksFirstIsHeardAtOnce() throws Exception {
        try (Peers.Server talker = new Peers.Server(socket -> {
                    socket.getOutputStream().write("220 hello".getBytes(StandardCharsets.US_ASCII));
                    Peers.echo(socket);
                });
                Peers.Server other = new Peers.Server(Peers::echo);
                Fixture fixture = racing(talker.address(), other.address());
                Socket client = fixture.connect()) {
            assertEquals("220 hello", new String(client.getInputStream().readNBytes(9)));
            client.getOutputStream().write(HELLO);
            assertArrayEquals(HELLO, client.getInputStream().readNBytes(HELLO.length));
            assertEquals(0, other.connections());
        }
    }

    @Test
    void nothingButAHelloIsEverSentTwice() throws Exception {
        byte[] request = "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        byte[] early = Hellos.with(Hellos.serverName("a.example"), Hellos.earlyData());
        byte[] more = Hellos.join(HELLO, new byte[] {1});
        for (byte[] first : List.of(request, early, more)) {
            CompletableFuture<Void> sent = new CompletableFuture<>();
            CompletableFuture<Void> goOn = new CompletableFuture<>();
            try (Peers.Server slow = new Peers.Server(socket -> {
                        byte[] got = socket.getInputStream().readNBytes(first.length);
                        sent.complete(null);
                        Peers.get(goOn);
                        socket.getOutputStream().write(got);
                    });
                    Peers.Server other = new Peers.Server(Peers::echo);
                    Fixture fixture = racing(slow.address(), other.address());
                    Socket client = fixture.connect()) {
                client.getOutputStream().write(first);
                Peers.get(sent);
                // Ten times hedge-after, for those who would race.
                fixture.pass(Duration.ofSeconds(1));
                goOn.complete(null);
                assertArrayEquals(first, client.getInputStream().readNBytes(first.length));
                assertEquals(0, other.connections());
                assertEquals(0, hedges(fixture).hedged());
            }
        }
    }

    @Test
    void aHelloThatTricklesInIsRacedOnceItIsThere() throws Exception {
        try (Peers.Server frozen = new Peers.Server(SILENT);
                Peers.Server member = new Peers.Server(RaceTest::answer);
                Fixture fixture = racing(frozen.address(), member.address());
                Socket client = fixture.connect()) {
            client.setTcpNoDelay(true);
            int cut = 100;
            client.getOutputStream().write(HELLO, 0, cut);
            Peers.await(
                    "some of it",
                    () -> fixture.proxy.loops().getFirst().buffers().taken() > 0);
            client.getOutputStream().write(HELLO, cut, HELLO.length - cut);
            assertArrayEquals(ANSWER, client.getInputStream().readNBytes(ANSWER.length));
        }
    }

    @Test
    void whatBeginsLikeAHelloAndStopsIsPassedOnAfterAWhile() throws Exception {
        try (Peers.Server one = new Peers.Server(Peers::echo);
                Peers.Server two = new Peers.Server(Peers::echo);
                Fixture fixture = racing(one.address(), two.address());
                Socket client = fixture.connect()) {
            client.getOutputStream().write(new byte[] {22, 3});
            assertArrayEquals(new byte[] {22, 3}, client.getInputStream().readNBytes(2));
        }
    }

    @Test
    void aSilentMemberThatIsFoundDownIsLeft() throws Exception {
        try (Peers.Server frozen = new Peers.Server(SILENT);
                Peers.Server member = new Peers.Server(RaceTest::answer);
                Fixture fixture = Fixture.serving(
                        new ProxySettings(1, 100, 1 << 20),
                        Fixture.inTurn(3).hedgedAfter(Duration.ofHours(1)),
                        frozen.address(),
                        member.address());
                Socket client = fixture.connect()) {
            client.getOutputStream().write(HELLO);
            Peers.await("an attempt", () -> frozen.connections() == 1);
            fixture.pool.health(fixture.member(0), Health.DOWN);
            assertArrayEquals(ANSWER, client.getInputStream().readNBytes(ANSWER.length));
        }
    }

    @Test
    void aMemberJustOutdoneIsNotTriedWhileThereIsAnother() throws Exception {
        try (Peers.Server frozen = new Peers.Server(SILENT);
                Peers.Server member = new Peers.Server(RaceTest::answer);
                Fixture fixture = racing(frozen.address(), member.address())) {
            for (int i = 0; i < 4; i++) {
                try (Socket client = fixture.connect()) {
                    assertAnswered(client);
                }
            }
            // How many depends on how fast this machine is; each in turn would be two of four.
            assertEquals(1, frozen.connections());
        }
    }

    @Test
    void aClientThatLeavesWhileItIsRacedIsNoEvidence() throws Exception {
        try (Peers.Server frozen = new Peers.Server(SILENT);
                Peers.Server other = new Peers.Server(SILENT);
                Fixture fixture = racing(frozen.address(), other.address())) {
            Socket client = fixture.connect();
            client.getOutputStream().write(HELLO);
            Peers.await("a race", () -> other.connections() == 1);
            Peers.reset(client);
            fixture.awaitEnded(Outcome.CLIENT_LEFT, 1);
            assertFalse(fixture.failed.contains("m1 OUTDONE"), fixture.failed.toString());
        }
    }

    @Test
    void aHalfClosedClientIsRelayedAsItIs() throws Exception {
        try (Peers.Server one = new Peers.Server(socket -> {
                    byte[] all = socket.getInputStream().readAllBytes();
                    socket.getOutputStream().write(all);
                });
                Peers.Server two = new Peers.Server(Peers::echo);
                Fixture fixture = racing(one.address(), two.address());
                Socket client = fixture.connect()) {
            client.getOutputStream().write(HELLO);
            client.shutdownOutput();
            assertArrayEquals(HELLO, client.getInputStream().readAllBytes());
            fixture.awaitEnded(Outcome.COMPLETED, 1);
        }
    }

    @Test
    void aSlowPoolIsNotGivenDoubleLoad() throws Exception {
        List<Socket> clients = new ArrayList<>();
        try (Peers.Server one = new Peers.Server(SILENT);
                Peers.Server two = new Peers.Server(SILENT);
                Fixture fixture = racing(one.address(), two.address())) {
            for (int i = 0; i < 80; i++) {
                Socket client = fixture.connect();
                client.getOutputStream().write(HELLO);
                clients.add(client);
            }
            Peers.await("some were denied", () -> hedges(fixture).denied() > 40);
            assertTrue(hedges(fixture).hedged() <= 40, "a burst, a tenth, and what time allows: " + hedges(fixture));
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    @Test
    void aPoolWithoutHedgingRacesNobody() throws Exception {
        CompletableFuture<Void> sent = new CompletableFuture<>();
        CompletableFuture<Void> goOn = new CompletableFuture<>();
        try (Peers.Server frozen = new Peers.Server(socket -> {
                    byte[] got = socket.getInputStream().readNBytes(HELLO.length);
                    sent.complete(null);
                    Peers.get(goOn);
                    socket.getOutputStream().write(got);
                });
                Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(
                        new ProxySettings(1, 100, 1 << 20), Fixture.inTurn(3), frozen.address(), member.address());
                Socket client = fixture.connect()) {
            client.getOutputStream().write(HELLO);
            Peers.get(sent);
            fixture.pass(Duration.ofSeconds(1));
            goOn.complete(null);
            assertArrayEquals(HELLO, client.getInputStream().readNBytes(HELLO.length));
            assertEquals(0, member.connections());
        }
    }

    @Test
    void defaultsRaceAfterATenthOfASecond() {
        assertEquals(Duration.ofMillis(100), PoolSettings.DEFAULTS.hedgeAfter());
    }
}
