package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Member.Health;
import io.hawser.lb.balance.PoolSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class ConnectTest {

    @Test
    void aRefusedConnectMovesToAnotherMemberUnseen() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(
                        Fixture.settings(100),
                        Fixture.inTurn(3),
                        Peers.refusing(),
                        Peers.refusing(),
                        member.address())) {
            for (int i = 0; i < 9; i++) {
                assertEchoes(fixture);
            }

            assertEquals(9, fixture.member(2).connections());
            assertTrue(fixture.failed.contains("m1 REFUSED"), fixture.failed.toString());
            assertTrue(fixture.failed.contains("m2 REFUSED"), fixture.failed.toString());
            assertEquals(0, fixture.ended(Outcome.CONNECT_FAILED));
        }
    }

    @Test
    void aConnectThatHangsMovesToAnotherMemberAfterTheTimeout() throws Exception {
        try (Peers.BlackHole silent = new Peers.BlackHole();
                Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(
                        new ProxySettings(1, 100, 1 << 20), Fixture.inTurn(3), silent.address(), member.address());
                Socket client = fixture.connect()) {
            client.getOutputStream().write(7);
            Peers.await("an attempt", () -> fixture.member(0).active() == 1);
            assertEquals(List.of(), fixture.failed);

            fixture.pass(Duration.ofSeconds(1));

            assertEquals(7, client.getInputStream().read());
            assertEquals(List.of("m1 TIMEOUT"), fixture.failed);
        }
    }

    @Test
    void whenAllRefuseTheClientIsResetAfterAllWereTried() throws Exception {
        try (Fixture fixture = Fixture.serving(
                        Fixture.settings(100),
                        Fixture.inTurn(3),
                        Peers.refusing(),
                        Peers.refusing(),
                        Peers.refusing());
                Socket client = fixture.connect()) {
            assertTrue(Peers.endsByReset(client));

            fixture.awaitEnded(Outcome.CONNECT_FAILED, 1);
            assertEquals(4, fixture.failed.size(), "one attempt and three retries");
            assertEquals(
                    List.of("m1 REFUSED", "m2 REFUSED", "m3 REFUSED"),
                    fixture.failed.subList(0, 3).stream().sorted().toList(),
                    "none twice while another is untried");
        }
    }

    @Test
    void aMemberThatFailedIsNotTriedAgainHoweverHeavyItIs() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture =
                        Fixture.serving(Fixture.settings(100), Fixture.inTurn(1), Peers.refusing(), member.address())) {
            fixture.pool.weight(fixture.member(0), 1000);
            fixture.pool.weight(fixture.member(1), 1);

            for (int i = 0; i < 20; i++) {
                assertEchoes(fixture);
            }

            assertEquals(20, member.connections());
        }
    }

    @Test
    void withoutRetriesOneFailureIsTheEnd() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(
                        new ProxySettings(1, 100, 1 << 20), Fixture.inTurn(0), Peers.refusing(), member.address())) {
            assertTrue(Peers.isReset(fixture.address()));
            fixture.awaitEnded(Outcome.CONNECT_FAILED, 1);
            assertEchoes(fixture);
        }
    }

    @Test
    void aMemberThatIsBackBeforeTheRetriesAreUsedUpIsReached() throws Exception {
        InetSocketAddress address = Peers.refusing();
        try (Fixture fixture = Fixture.serving(Fixture.settings(100), Fixture.inTurn(1_000), address);
                Socket client = fixture.connect()) {
            Peers.await("a first failure", () -> !fixture.failed.isEmpty());
            try (java.net.ServerSocket back = new java.net.ServerSocket()) {
                back.setReuseAddress(true);
                back.bind(address);
                try (Socket accepted = back.accept()) {
                    accepted.getOutputStream().write(5);
                    assertEquals(5, client.getInputStream().read());
                }
            }
        }
    }

    @Test
    void withoutAUsableMemberTheClientIsResetAtOnce() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(member.address())) {
            fixture.pool.health(fixture.member(0), Health.DOWN);
            assertTrue(Peers.isReset(fixture.address()));
            fixture.awaitEnded(Outcome.NO_MEMBER, 1);

            fixture.pool.health(fixture.member(0), Health.UP);
            assertEchoes(fixture);
        }
    }

    @Test
    void aDrainingMemberKeepsItsConnectionsAndGetsNoNewOnes() throws Exception {
        try (Peers.Server draining = new Peers.Server(Peers::echo);
                Peers.Server other = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(
                        new ProxySettings(1, 100, 1 << 20), Fixture.inTurn(3), draining.address(), other.address());
                Socket old = fixture.connect()) {
            old.getOutputStream().write(1);
            assertEquals(1, old.getInputStream().read());

            fixture.pool.health(fixture.member(0), Health.DRAINING);
            for (int i = 0; i < 5; i++) {
                assertEchoes(fixture);
            }

            assertEquals(1, draining.connections());
            old.getOutputStream().write(2);
            assertEquals(2, old.getInputStream().read());
        }
    }

    @Test
    void aClientThatResetsBeforeAMemberIsConnectedEndsTheAttempt() throws Exception {
        try (Peers.BlackHole silent = new Peers.BlackHole();
                Fixture fixture = Fixture.serving(silent.address())) {
            Socket client = fixture.connect();
            Peers.await("an attempt", () -> fixture.member(0).active() == 1);

            Peers.reset(client);

            fixture.awaitEnded(Outcome.CLIENT_LEFT, 1);
            assertEquals(0, fixture.member(0).active());
            assertEquals(List.of(), fixture.failed);
        }
    }

    @Test
    void whatAClientSendsBeforeAMemberIsConnectedStaysInTheKernel() throws Exception {
        try (Peers.BlackHole silent = new Peers.BlackHole();
                Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(
                        new ProxySettings(1, 100, 1 << 20), Fixture.inTurn(3), silent.address(), member.address());
                Socket client = fixture.connect()) {
            CompletableFuture<Long> sent = Peers.async(() -> {
                long sum = Peers.sendNoise(client.getOutputStream(), 9, 32 << 20);
                client.shutdownOutput();
                return sum;
            });
            Peers.await("an attempt", () -> fixture.member(0).active() == 1);
            assertEquals(0, fixture.bufferBytes());
            assertEquals(0, fixture.proxy.snapshot().listeners().getFirst().fromClients());

            fixture.pass(Duration.ofSeconds(1));

            assertEquals(Peers.sum(client.getInputStream()), Peers.get(sent));
            fixture.awaitEnded(Outcome.COMPLETED, 1);
        }
    }

    @Test
    void connectionsBeingOpenedToAMemberThatGoesDownGoToAnother() throws Exception {
        try (Peers.BlackHole silent = new Peers.BlackHole();
                Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(
                        new ProxySettings(1, 100, 1 << 20), Fixture.inTurn(3), silent.address(), member.address());
                Socket client = fixture.connect()) {
            client.getOutputStream().write(3);
            Peers.await("an attempt", () -> fixture.member(0).active() == 1);

            fixture.pool.health(fixture.member(0), Health.DOWN);

            assertEquals(3, client.getInputStream().read());
            assertEquals(List.of(), fixture.failed, "it was not the connection that found out");
        }
    }

    @Test
    void aMemberThatGoesDownHasItsConnectionsResetOnBothSides() throws Exception {
        CompletableFuture<Boolean> memberSawReset = new CompletableFuture<>();
        try (Peers.Server dying = new Peers.Server(socket -> {
                    socket.getOutputStream().write(1);
                    memberSawReset.complete(Peers.endsByReset(socket));
                });
                Peers.Server other = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(
                        new ProxySettings(1, 100, 1 << 20), Fixture.inTurn(3), dying.address(), other.address());
                Socket first = fixture.connect();
                Socket second = fixture.connect()) {
            assertEquals(1, first.getInputStream().read());
            second.getOutputStream().write(2);
            assertEquals(2, second.getInputStream().read());

            fixture.pool.health(fixture.member(0), Health.DOWN);

            assertTrue(Peers.endsByReset(first));
            assertTrue(Peers.get(memberSawReset));
            second.getOutputStream().write(3);
            assertEquals(3, second.getInputStream().read(), "the other member's connection stays");
            fixture.awaitEnded(Outcome.MEMBER_DOWN, 1);
        }
    }

    @Test
    void aPoolThatKeepsLetsConnectionsOfADownMemberBe() throws Exception {
        PoolSettings keeping = new PoolSettings(
                io.hawser.lb.balance.Balance.ROUND_ROBIN, Duration.ofSeconds(1), 3, PoolSettings.OnDown.KEEP);
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(Fixture.settings(100), keeping, member.address());
                Socket client = fixture.connect()) {
            client.getOutputStream().write(1);
            assertEquals(1, client.getInputStream().read());

            fixture.pool.health(fixture.member(0), Health.DOWN);

            client.getOutputStream().write(2);
            assertEquals(2, client.getInputStream().read());
            fixture.proxy.closeConnections(fixture.member(0));
            assertTrue(Peers.endsByReset(client));
        }
    }

    @Test
    void connectionsCanBeListed() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(member.address());
                Socket client = fixture.connect()) {
            client.getOutputStream().write(new byte[10]);
            client.getInputStream().readNBytes(10);
            Peers.await(
                    "accounted",
                    () -> fixture.proxy.snapshot().listeners().getFirst().fromMembers() == 10);

            List<ConnectionInfo> infos = Peers.get(fixture.proxy.connections());

            assertEquals(1, infos.size());
            ConnectionInfo info = infos.getFirst();
            assertEquals(client.getLocalSocketAddress(), info.client());
            assertEquals(fixture.address(), info.local());
            assertEquals("m1", info.member());
            assertEquals(10, info.fromClient());
            assertEquals(10, info.fromMember());
        }
    }

    @Test
    void leastConnectionsSpreadsOpenConnectionsEvenlyOverLoops() throws Exception {
        try (Peers.Server one = new Peers.Server(Peers::echo);
                Peers.Server two = new Peers.Server(Peers::echo);
                Peers.Server three = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(
                        Fixture.settings(100),
                        PoolSettings.DEFAULTS.hedgedAfter(Duration.ZERO),
                        one.address(),
                        two.address(),
                        three.address())) {
            Socket[] clients = new Socket[30];
            for (int i = 0; i < clients.length; i++) {
                clients[i] = fixture.connect();
                clients[i].getOutputStream().write(1);
                assertEquals(1, clients[i].getInputStream().read());
            }
            assertEquals(
                    List.of(10, 10, 10),
                    fixture.pool.members().all().stream().map(Member::active).toList());
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    private static void assertEchoes(Fixture fixture) throws IOException {
        try (Socket client = fixture.connect()) {
            client.getOutputStream().write(42);
            assertEquals(42, client.getInputStream().read());
        }
    }
}
