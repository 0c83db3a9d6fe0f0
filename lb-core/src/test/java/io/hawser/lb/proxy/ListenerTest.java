package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Member.Health;
import io.hawser.lb.balance.PoolSettings;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class ListenerTest {

    @Test
    void aPortThatIsTakenIsNamedWithTheRemedy() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                Fixture fixture = new Fixture(Fixture.settings(10), PoolSettings.DEFAULTS, Peers.refusing())) {
            int port = taken.getLocalPort();

            ProxyException e = assertThrows(
                    ProxyException.class, () -> fixture.proxy.apply(List.of(plan(fixture, "127.0.0.1", port))));

            assertEquals(
                    "listener \"api\": cannot listen on 127.0.0.1:" + port
                            + ": another process listens there already (\"ss -ltnp sport = :" + port
                            + "\" names it); stop it, or give one of the two another port or its own address",
                    e.getMessage());
        }
    }

    @Test
    void aPortWhoseOwnerSharesItIsTakenToo() throws Exception {
        try (ServerSocketChannel sharing = ServerSocketChannel.open();
                Fixture fixture = new Fixture(Fixture.settings(10), PoolSettings.DEFAULTS, Peers.refusing())) {
            sharing.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            sharing.bind(Fixture.ANY_PORT);
            int port = ((InetSocketAddress) sharing.getLocalAddress()).getPort();

            assertThrows(ProxyException.class, () -> fixture.proxy.apply(List.of(plan(fixture, "127.0.0.1", port))));
            assertThrows(ProxyException.class, () -> fixture.proxy.apply(List.of(plan(fixture, "0.0.0.0", port))));
        }
    }

    @Test
    void everyAddressThatCannotBeHadIsNamedAndNoneStaysOpen() throws Exception {
        InetSocketAddress free = Peers.refusing();
        try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                ServerSocket two = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                Fixture fixture = new Fixture(Fixture.settings(10), PoolSettings.DEFAULTS, Peers.refusing())) {
            List<InetSocketAddress> binds =
                    List.of(free, (InetSocketAddress) one.getLocalSocketAddress(), (InetSocketAddress)
                            two.getLocalSocketAddress());
            ListenerPlan plan = new ListenerPlan(
                    "api", binds, fixture.pool, ListenerPlan.DEFAULT_IDLE_TIMEOUT, 0, WhenNoMember.CLOSE);

            ProxyException e = assertThrows(ProxyException.class, () -> fixture.proxy.apply(List.of(plan)));

            assertEquals(2, e.getMessage().lines().count(), e.getMessage());
            assertFalse(fixture.proxy.isBound("api"));
            assertThrows(ConnectException.class, () -> Peers.connect(free));
        }
    }

    @Test
    void anAddressThatIsElsewhereIsListenedOnInAdvance() throws Exception {
        try (Fixture fixture = new Fixture(Fixture.settings(10), PoolSettings.DEFAULTS, Peers.refusing())) {
            fixture.proxy.apply(List.of(plan(fixture, "192.0.2.77", 0)));
            assertTrue(fixture.proxy.isBound("api"));

            fixture.proxy.apply(List.of(plan(fixture, "2001:db8::77", 0)));
            assertTrue(fixture.proxy.isBound("api"));
            assertEquals(
                    InetAddress.getByName("2001:db8::77"),
                    fixture.proxy.addresses("api").getFirst().getAddress());
        }
    }

    @Test
    void ipv6IsServedAndSeparateFromIpv4() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = new Fixture(Fixture.settings(10), PoolSettings.DEFAULTS, member.address())) {
            fixture.proxy.apply(List.of(plan(fixture, "0.0.0.0", 0)));
            int port = fixture.address().getPort();

            ListenerPlan both = new ListenerPlan(
                    "api",
                    List.of(new InetSocketAddress("0.0.0.0", 0), new InetSocketAddress("::", port)),
                    fixture.pool,
                    ListenerPlan.DEFAULT_IDLE_TIMEOUT,
                    0,
                    WhenNoMember.CLOSE);
            fixture.proxy.apply(List.of(both));

            assertEchoes(new InetSocketAddress("::1", port));
            assertEchoes(new InetSocketAddress("127.0.0.1", port));
        }
    }

    @Test
    void whatStaysInAPlanIsNotTouched() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(member.address());
                Socket client = fixture.connect()) {
            exchange(client);
            InetSocketAddress before = fixture.address();
            ListenerPlan renamed = ListenerPlan.of("other", Fixture.ANY_PORT, fixture.pool);

            fixture.proxy.apply(List.of(fixture.plan(), renamed));
            assertEquals(before, fixture.address());
            fixture.proxy.apply(List.of(fixture.plan()));

            assertEquals(before, fixture.address());
            assertEquals(List.of(), fixture.proxy.addresses("other"));
            exchange(client);
            assertEquals(1, fixture.proxy.snapshot().listeners().getFirst().accepted());
        }
    }

    @Test
    void anAddressGoesFromOneListenerToAnotherWithoutAGap() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = new Fixture(Fixture.settings(100), PoolSettings.DEFAULTS, member.address())) {
            InetSocketAddress address = Peers.refusing();
            fixture.proxy.apply(List.of(ListenerPlan.of("old", address, fixture.pool)));
            try (Socket client = Peers.connect(address)) {
                exchange(client);

                fixture.proxy.apply(List.of(ListenerPlan.of("new", address, fixture.pool)));

                assertEchoes(address);
                exchange(client);
                assertEquals(List.of(), fixture.proxy.addresses("old"));
                assertTrue(fixture.proxy.isBound("new"));
            }
        }
    }

    @Test
    void anAddressWidensToAllAddressesOfThePort() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = new Fixture(Fixture.settings(100), PoolSettings.DEFAULTS, member.address())) {
            InetSocketAddress narrow = Peers.refusing();
            fixture.proxy.apply(List.of(ListenerPlan.of("api", narrow, fixture.pool)));

            fixture.proxy.apply(List.of(plan(fixture, "0.0.0.0", narrow.getPort())));

            assertEchoes(new InetSocketAddress("127.0.0.2", narrow.getPort()));
        }
    }

    @Test
    void connectionsOfAListenerThatIsGoneMayEndByThemselves() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(member.address());
                Socket client = fixture.connect()) {
            exchange(client);
            InetSocketAddress address = fixture.address();

            fixture.proxy.apply(List.of());

            assertThrows(ConnectException.class, () -> Peers.connect(address));
            exchange(client);
        }
    }

    @Test
    void aListenerThatRefusesClosesItsPortWhileNoMemberIsUsable() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = new Fixture(Fixture.settings(100), PoolSettings.DEFAULTS, member.address())) {
            InetSocketAddress address = Peers.refusing();
            fixture.pool.health(fixture.member(0), Health.DOWN);
            fixture.proxy.apply(List.of(new ListenerPlan(
                    "api", List.of(address), fixture.pool, ListenerPlan.DEFAULT_IDLE_TIMEOUT, 0, WhenNoMember.REFUSE)));
            assertThrows(ConnectException.class, () -> Peers.connect(address));

            for (int i = 0; i < 3; i++) {
                fixture.pool.health(fixture.member(0), Health.UP);
                Peers.await("bound", () -> fixture.proxy.isBound("api"));
                assertEchoes(address);

                fixture.pool.health(fixture.member(0), Health.DOWN);
                Peers.await("unbound", () -> !fixture.proxy.isBound("api"));
                assertThrows(ConnectException.class, () -> Peers.connect(address));
            }
        }
    }

    @Test
    void aPortThatSomebodyTookMeanwhileIsTriedAgainUntilItIsFree() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = new Fixture(Fixture.settings(100), PoolSettings.DEFAULTS, member.address())) {
            fixture.pool.health(fixture.member(0), Health.DOWN);
            ServerSocket thief = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
            InetSocketAddress address = (InetSocketAddress) thief.getLocalSocketAddress();
            fixture.proxy.apply(List.of(new ListenerPlan(
                    "api", List.of(address), fixture.pool, ListenerPlan.DEFAULT_IDLE_TIMEOUT, 0, WhenNoMember.REFUSE)));
            fixture.pool.health(fixture.member(0), Health.UP);
            fixture.pool.health(fixture.member(0), Health.DRAINING);
            fixture.pool.health(fixture.member(0), Health.UP);
            assertFalse(fixture.proxy.isBound("api"));

            thief.close();

            Peers.await("bound", () -> fixture.proxy.isBound("api"));
            assertEchoes(address);
        }
    }

    @Test
    void atTheLimitAcceptingPausesAndEveryoneIsServedInTheEnd() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(Fixture.settings(3), PoolSettings.DEFAULTS, member.address())) {
            assertPausesAndServesAll(fixture, member);
        }
    }

    @Test
    void aListenersOwnLimitPausesThatListenerOnly() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = new Fixture(Fixture.settings(100), PoolSettings.DEFAULTS, member.address())) {
            fixture.proxy.apply(List.of(
                    new ListenerPlan(
                            "api",
                            List.of(Fixture.ANY_PORT),
                            fixture.pool,
                            ListenerPlan.DEFAULT_IDLE_TIMEOUT,
                            3,
                            WhenNoMember.CLOSE),
                    ListenerPlan.of("other", Fixture.ANY_PORT, fixture.pool)));

            assertPausesAndServesAll(fixture, member);
            assertEchoes(fixture.proxy.addresses("other").getFirst());
        }
    }

    private static void assertPausesAndServesAll(Fixture fixture, Peers.Server member) throws Exception {
        List<Socket> held = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            held.add(fixture.connect());
            exchange(held.get(i));
        }
        List<CompletableFuture<Void>> waiting = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            waiting.add(Peers.async(() -> {
                assertEchoes(fixture.address());
                return null;
            }));
        }
        Peers.await("paused", () -> fixture.proxy.snapshot().acceptPauses() > 0);
        assertEquals(3, member.connections());
        assertEquals(3, fixture.proxy.snapshot().listeners().getFirst().active());
        if (fixture.proxy.snapshot().listeners().size() > 1) {
            assertEchoes(fixture.proxy.addresses("other").getFirst());
        }

        for (Socket socket : held) {
            socket.close();
        }

        for (CompletableFuture<Void> each : waiting) {
            Peers.get(each);
        }
    }

    @Test
    void anIdleConnectionIsClosedOnBothSidesAndABusyOneIsNot() throws Exception {
        CompletableFuture<Integer> memberSaw = new CompletableFuture<>();
        try (Peers.Server member = new Peers.Server(socket -> {
                    int first = socket.getInputStream().read();
                    socket.getOutputStream().write(first);
                    int second = socket.getInputStream().read();
                    memberSaw.complete(second);
                    socket.getOutputStream().write(second);
                    socket.getInputStream().read();
                });
                Fixture fixture =
                        Fixture.serving(new ProxySettings(1, 10, 1 << 20), PoolSettings.DEFAULTS, member.address());
                Socket idle = fixture.connect()) {
            exchange(idle);
            fixture.pass(Duration.ofHours(3));
            Peers.await(
                    "the loops see it",
                    () -> Peers.joined(fixture.proxy.connections()).stream()
                            .allMatch(info ->
                                    info.idleNanos() >= Duration.ofHours(3).toNanos()));
            try (Socket busy = fixture.connect()) {
                exchange(busy);
                fixture.pass(Duration.ofHours(1));

                assertEquals(-1, idle.getInputStream().read());
                assertEquals(-1, Peers.get(memberSaw));
                fixture.awaitEnded(Outcome.IDLE, 1);
                assertEquals(1, fixture.proxy.snapshot().active(), "the busy one stays");
            }
        }
    }

    @Test
    void aHalfClosedConnectionThatSaysNothingMoreIsClosedByTheIdleTimeout() throws Exception {
        try (Peers.Server member = new Peers.Server(socket -> {
                    socket.shutdownOutput();
                    socket.getInputStream().read();
                });
                Fixture fixture = Fixture.serving(member.address());
                Socket client = fixture.connect()) {
            assertEquals(-1, client.getInputStream().read());

            fixture.pass(Duration.ofHours(4));

            fixture.awaitEnded(Outcome.IDLE, 1);
            fixture.awaitActive(0);
        }
    }

    @Test
    void stoppingRefusesNewConnectionsAndLetsOldOnesEnd() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(member.address());
                Socket client = fixture.connect()) {
            exchange(client);
            InetSocketAddress address = fixture.address();
            CompletableFuture<Void> stopping = Peers.async(() -> {
                fixture.proxy.stop(Duration.ofMinutes(1));
                return null;
            });
            Peers.await("unbound", () -> !fixture.proxy.isBound("api"));
            assertThrows(ConnectException.class, () -> Peers.connect(address));
            exchange(client);

            client.close();

            Peers.get(stopping);
            assertEquals(1, fixture.ended(Outcome.COMPLETED));
        }
    }

    @Test
    void stoppingResetsWhatDoesNotEndInTime() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(member.address());
                Socket client = fixture.connect()) {
            exchange(client);

            fixture.proxy.stop(Duration.ofMillis(1));

            assertTrue(Peers.endsByReset(client));
            assertEquals(1, fixture.ended(Outcome.STOPPED));
            assertThrows(IllegalStateException.class, () -> fixture.proxy.apply(List.of(fixture.plan())));
        }
    }

    @Test
    void aStalledLoopIsSeenFromOutside() throws Exception {
        try (Fixture fixture = Fixture.serving(Peers.refusing())) {
            Peers.await("beating", () -> fixture.proxy.loopsStalledFor().isZero());
            CompletableFuture<Void> release = new CompletableFuture<>();

            fixture.proxy.loops().getFirst().executor().execute(release::join);

            Peers.await("stalled", () -> fixture.proxy.loopsStalledFor().compareTo(Duration.ofMillis(300)) > 0);
            release.complete(null);
            Peers.await("beating again", () -> fixture.proxy.loopsStalledFor().isZero());
            assertTrue(fixture.proxy.snapshot().loops().getFirst().lagSeconds() > 0.2);
        }
    }

    private static ListenerPlan plan(Fixture fixture, String host, int port) {
        return ListenerPlan.of("api", new InetSocketAddress(host, port), fixture.pool);
    }

    private static void assertEchoes(InetSocketAddress address) throws IOException {
        try (Socket client = Peers.connect(address)) {
            exchange(client);
        }
    }

    private static void exchange(Socket client) throws IOException {
        client.getOutputStream().write(42);
        assertEquals(42, client.getInputStream().read());
    }
}
