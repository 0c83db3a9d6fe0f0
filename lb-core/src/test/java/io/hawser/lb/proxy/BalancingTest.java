package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.Balance;
import io.hawser.lb.balance.Distribution;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Member.Health;
import io.hawser.lb.balance.MemberPlan;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.balance.PoolSettings.OnDown;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Where real connections go when operators and checks change what may be had: the scenarios of HAProxy's regression tests
 * on servers, weights, backups, draining and stickiness that apply, rebuilt. Each member says its number to whoever comes.
 */
@Timeout(300)
class BalancingTest {
    private final List<Peers.Server> servers = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        for (int i = 1; i <= 3; i++) {
            int number = i;
            servers.add(new Peers.Server(socket -> {
                socket.getOutputStream().write(number);
                Peers.echo(socket);
            }));
        }
    }

    @AfterEach
    void stop() throws IOException {
        for (Peers.Server server : servers) {
            server.close();
        }
    }

    @Test
    void aDrainedMemberKeepsItsConnectionsGetsNoNewOnesAndComesBack() throws Exception {
        try (Fixture fixture = serving(Balance.ROUND_ROBIN, Distribution.DEFAULTS.withSlowStart(Duration.ZERO));
                Socket held = on(1, fixture)) {
            fixture.pool.drain(fixture.member(0), true);
            assertShared(fixture, 2, 3);
            exchange(held);
            fixture.pool.health(fixture.member(0), Health.DRAINING);
            fixture.pool.health(fixture.member(0), Health.UP);
            assertShared(fixture, 2, 3);
            exchange(held);

            fixture.pool.drain(fixture.member(0), false);

            assertTrue(shares(fixture, 30).getOrDefault(1, 0) >= 8);
            exchange(held);
        }
    }

    @Test
    void aMemberThatRefusesToBeReadyKeepsItsConnectionsUntilItIsDown() throws Exception {
        try (Fixture fixture = serving(Balance.ROUND_ROBIN, Distribution.DEFAULTS.withSlowStart(Duration.ZERO));
                Socket held = on(1, fixture)) {
            fixture.pool.health(fixture.member(0), Health.DRAINING);
            assertShared(fixture, 2, 3);
            exchange(held);

            fixture.pool.health(fixture.member(0), Health.DOWN);

            assertTrue(Peers.endsByReset(held));
            fixture.awaitEnded(Outcome.MEMBER_DOWN, 1);
            fixture.pool.health(fixture.member(0), Health.UP);
            assertTrue(shares(fixture, 30).getOrDefault(1, 0) >= 8, "it is back");
        }
    }

    @Test
    void aMemberThatResetsWhatItHasIsReportedAndOneThatEndsItIsNot() throws Exception {
        try (Peers.Server resets = new Peers.Server(socket -> {
                    socket.getInputStream().read();
                    Peers.reset(socket);
                });
                Fixture fixture = Fixture.serving(resets.address())) {
            try (Socket client = fixture.connect()) {
                client.getOutputStream().write(1);
                assertTrue(Peers.endsByReset(client));
            }
            fixture.awaitEnded(Outcome.MEMBER_RESET, 1);
            assertEquals(List.of("m1"), fixture.lost);
        }
        try (Fixture fixture = serving(Balance.ROUND_ROBIN, Distribution.DEFAULTS)) {
            try (Socket client = fixture.connect()) {
                exchangeAfterGreeting(client);
            }
            fixture.awaitEnded(Outcome.COMPLETED, 1);
            try (Socket client = fixture.connect()) {
                exchangeAfterGreeting(client);
                Peers.reset(client);
            }
            fixture.awaitEnded(Outcome.CLIENT_RESET, 1);
            assertEquals(List.of(), fixture.lost);
        }
    }

    private static void exchangeAfterGreeting(Socket client) throws IOException {
        client.getInputStream().read();
        exchange(client);
    }

    @Test
    void weightsChangeForNewConnectionsWhileOthersGoOn() throws Exception {
        try (Fixture fixture = serving(Balance.ROUND_ROBIN, Distribution.DEFAULTS);
                Socket held = on(1, fixture)) {
            fixture.pool.weight(fixture.member(0), 0);
            assertShared(fixture, 2, 3);
            fixture.pool.weight(fixture.member(0), 200);
            Map<Integer, Integer> shares = shares(fixture, 400);
            assertEquals(200, shares.get(1), 10);
            assertEquals(100, shares.get(2), 10);
            exchange(held);
        }
    }

    @Test
    void aBackupIsUsedWhileNoOtherCanBeAndKeepsWhatItHas() throws Exception {
        try (Fixture fixture = serving(Balance.ROUND_ROBIN, Distribution.DEFAULTS)) {
            backups(fixture, 2);
            assertShared(fixture, 1, 2);
            fixture.pool.health(fixture.member(0), Health.DOWN);
            assertEquals(Map.of(2, 10), shares(fixture, 10));
            fixture.pool.health(fixture.member(1), Health.DRAINING);
            try (Socket held = on(3, fixture)) {
                assertEquals(Map.of(3, 10), shares(fixture, 10));

                fixture.pool.health(fixture.member(1), Health.UP);

                assertEquals(Map.of(2, 10), shares(fixture, 10));
                exchange(held);
            }
        }
    }

    @Test
    void aConnectionThatAllOthersRefuseReachesTheBackupBeforeAnybodyIsJudged() throws Exception {
        for (Peers.Server each : servers.subList(0, 2)) {
            each.close();
            // Its socket goes when the thread that accepts has left it.
            Peers.await("nobody listens", () -> isRefused(each));
        }
        try (Fixture fixture = serving(Balance.ROUND_ROBIN, Distribution.DEFAULTS)) {
            backups(fixture, 2);
            assertEquals(Map.of(3, 20), shares(fixture, 20));
            assertEquals(Health.UP, fixture.member(0).health());
        }
    }

    @Test
    void firstFillsTheFirstAndSpillsOver() throws Exception {
        try (Fixture fixture = serving(Balance.FIRST, Distribution.DEFAULTS)) {
            limits(fixture, 2, 2, 2);
            List<Socket> held = new ArrayList<>();
            StringBuilder order = new StringBuilder();
            for (int i = 0; i < 6; i++) {
                held.add(fixture.connect());
                order.append(held.get(i).getInputStream().read());
            }
            assertEquals("112233", order.toString());
            held.get(0).close();
            Peers.await("room", () -> fixture.member(0).active() == 1);
            try (Socket next = fixture.connect()) {
                assertEquals(1, next.getInputStream().read());
            }
            for (Socket socket : held) {
                socket.close();
            }
        }
    }

    /** Two nodes with one configuration, written in another order; clients come from many addresses. */
    @Test
    void twoNodesSendEachSourceToTheSameMemberWithNothingReplicated() throws Exception {
        Distribution bySource = Distribution.DEFAULTS.with(Affinity.SOURCE_IP);
        try (Fixture one = serving(Balance.LEAST_CONNECTIONS, bySource);
                Fixture other = serving(Balance.LEAST_CONNECTIONS, bySource)) {
            List<MemberPlan> reversed = new ArrayList<>();
            for (Member member : other.pool.members().all()) {
                reversed.addFirst(new MemberPlan(member.name(), member.address(), 100, false, Member.UNLIMITED));
            }
            other.pool.apply(other.pool.settings(), reversed);
            Map<String, Integer> before = choices(one);
            assertEquals(before, choices(other));
            assertEquals(3, before.values().stream().distinct().count(), "all went to one");
            assertEquals(before, choices(one), "and again");

            Member gone = one.member(1);
            one.pool.health(gone, Health.DOWN);
            Map<String, Integer> without = choices(one);
            before.forEach((source, member) ->
                    assertTrue(member == 2 ? without.get(source) != 2 : member.equals(without.get(source)), source));
            one.pool.health(gone, Health.UP);
        }
    }

    @Test
    void sourceHashIsTheSameOnBothNodesToo() throws Exception {
        try (Fixture one = serving(Balance.SOURCE_HASH, Distribution.DEFAULTS);
                Fixture other = serving(Balance.SOURCE_HASH, Distribution.DEFAULTS)) {
            assertEquals(choices(one), choices(other));
        }
    }

    /** A member is back; clients that stay connected are moved, a few a second, idle ones only, with FIN. */
    @Test
    void connectionsAreMovedGentlyToAMemberThatIsBack() throws Exception {
        Distribution rebalancing =
                Distribution.DEFAULTS.withSlowStart(Duration.ZERO).withRebalance(40);
        try (Fixture fixture = serving(Balance.LEAST_CONNECTIONS, rebalancing)) {
            fixture.pool.health(fixture.member(2), Health.DOWN);
            List<Socket> clients = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                clients.add(fixture.connect());
                clients.get(i).getInputStream().read();
            }
            assertEquals(30, fixture.member(0).active());
            fixture.awaitActive(60);
            assertEquals(0, fixture.ended(Outcome.REBALANCED), "nothing is moved while a member is away");

            fixture.pool.health(fixture.member(2), Health.UP);
            List<Socket> back = new ArrayList<>();
            Peers.await("even: " + loads(fixture), () -> {
                for (int i = clients.size() - 1; i >= 0; i--) {
                    if (endsByFin(clients.get(i))) {
                        clients.remove(i);
                        back.add(reconnected(fixture));
                    }
                }
                return fixture.member(2).active() >= 16;
            });
            assertTrue(fixture.member(0).active() >= 20, loads(fixture));
            assertTrue(fixture.member(1).active() >= 20, loads(fixture));
            long moved = fixture.ended(Outcome.REBALANCED);
            assertTrue(moved >= 16 && moved <= 22, moved + " moved");
            for (Socket client : clients) {
                exchange(client);
                client.close();
            }
            for (Socket client : back) {
                client.close();
            }
        }
    }

    private static boolean endsByFin(Socket client) {
        try {
            client.setSoTimeout(1);
            boolean ended = client.getInputStream().read() < 0;
            if (ended) {
                client.close();
            }
            return ended;
        } catch (SocketTimeoutException _) {
            return false;
        } catch (IOException e) {
            throw new AssertionError("not closed gently", e);
        }
    }

    private static Socket reconnected(Fixture fixture) {
        try {
            Socket socket = fixture.connect();
            socket.getInputStream().read();
            return socket;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String loads(Fixture fixture) {
        return fixture.pool.members().all().stream()
                .map(Member::active)
                .toList()
                .toString();
    }

    private Fixture serving(Balance balance, Distribution distribution) {
        PoolSettings settings = new PoolSettings(balance, Duration.ofSeconds(1), 5, OnDown.CLOSE).with(distribution);
        return Fixture.serving(
                Fixture.settings(200),
                settings,
                servers.stream().map(Peers.Server::address).toArray(InetSocketAddress[]::new));
    }

    /** Makes the members from this one on backups. */
    private static void backups(Fixture fixture, int from) {
        List<MemberPlan> plans = new ArrayList<>();
        for (Member member : fixture.pool.members().all()) {
            plans.add(new MemberPlan(member.name(), member.address(), 100, plans.size() >= from, Member.UNLIMITED));
        }
        Pool.Difference difference = fixture.pool.apply(fixture.pool.settings(), plans);
        assertEquals(List.of(), difference.added());
    }

    static void limits(Fixture fixture, int... most) {
        List<MemberPlan> plans = new ArrayList<>();
        for (Member member : fixture.pool.members().all()) {
            plans.add(new MemberPlan(member.name(), member.address(), 100, false, most[plans.size()]));
        }
        fixture.pool.apply(fixture.pool.settings(), plans);
    }

    private static boolean isRefused(Peers.Server server) {
        try (Socket socket = new Socket()) {
            socket.connect(server.address());
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** These get about the same, and nobody else gets anything; each loop takes turns for itself. */
    private static void assertShared(Fixture fixture, int one, int other) throws IOException {
        Map<Integer, Integer> shares = shares(fixture, 20);
        assertEquals(Set.of(one, other), shares.keySet());
        assertEquals(10, shares.get(one), 3);
    }

    private static Map<Integer, Integer> shares(Fixture fixture, int connections) throws IOException {
        Map<Integer, Integer> shares = new HashMap<>();
        for (int i = 0; i < connections; i++) {
            try (Socket socket = fixture.connect()) {
                shares.merge(socket.getInputStream().read(), 1, Integer::sum);
            }
        }
        return shares;
    }

    private static Map<String, Integer> choices(Fixture fixture) throws IOException {
        Map<String, Integer> choices = new TreeMap<>();
        for (int i = 1; i <= 60; i++) {
            String source = "127.0." + i + ".1";
            try (Socket socket = new Socket()) {
                socket.bind(new InetSocketAddress(source, 0));
                socket.setSoTimeout(Peers.PATIENCE_MILLIS);
                socket.connect(fixture.address(), Peers.PATIENCE_MILLIS);
                choices.put(source, socket.getInputStream().read());
            }
        }
        return choices;
    }

    /** A connection that this member has. */
    private static Socket on(int member, Fixture fixture) throws IOException {
        while (true) {
            Socket socket = fixture.connect();
            if (socket.getInputStream().read() == member) {
                return socket;
            }
            socket.close();
        }
    }

    private static void exchange(Socket client) throws IOException {
        client.setSoTimeout(Peers.PATIENCE_MILLIS);
        client.getOutputStream().write(42);
        assertEquals(42, client.getInputStream().read());
    }
}
