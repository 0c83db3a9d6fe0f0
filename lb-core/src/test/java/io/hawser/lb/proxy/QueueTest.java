package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admission.AccessRules;
import io.hawser.lb.balance.Balance;
import io.hawser.lb.balance.Distribution;
import io.hawser.lb.balance.Member.Health;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.balance.PoolSettings.OnDown;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that wait for a place at a member; two loops, so that places go from one to the other. */
@Timeout(300)
class QueueTest {
    private static final Duration LONG = Duration.ofMinutes(10);

    @Test
    void whoFindsNoPlaceWaitsAndIsServedInTurn() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(10, LONG, member.address())) {
            BalancingTest.limits(fixture, 1);
            Socket holder = fixture.connect();
            exchange(holder);
            List<Socket> waiting = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                waiting.add(fixture.connect());
                awaitQueued(fixture, 0, i + 1);
            }
            assertEquals(1, member.connections());
            for (int i = 0; i < 8; i++) {
                holder.close();
                holder = waiting.get(i);
                exchange(holder);
                assertEquals(7 - i, fixture.member(0).queued(), "one after the other");
            }
            holder.close();
            fixture.awaitEnded(Outcome.COMPLETED, 9);
            assertEquals(9, member.connections());
        }
    }

    @Test
    void whoWaitsTooLongIsReset() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(10, LONG, member.address())) {
            BalancingTest.limits(fixture, 1);
            try (Socket holder = fixture.connect()) {
                exchange(holder);
                Socket waiting = fixture.connect();
                awaitQueued(fixture, 0, 1);

                fixture.pass(LONG);

                assertTrue(Peers.endsByReset(waiting));
                fixture.awaitEnded(Outcome.QUEUE_TIMEOUT, 1);
                assertEquals(0, fixture.member(0).queued());
                exchange(holder);
            }
        }
    }

    @Test
    void aFullQueueShedsWhoComesAndKeepsWhoWaits() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(2, LONG, member.address())) {
            BalancingTest.limits(fixture, 1);
            Socket holder = fixture.connect();
            exchange(holder);
            Socket first = fixture.connect();
            awaitQueued(fixture, 0, 1);
            List<Socket> waiting = List.of(first, fixture.connect());
            awaitQueued(fixture, 0, 2);
            for (int i = 0; i < 5; i++) {
                assertTrue(Peers.isReset(fixture.address()));
            }
            fixture.awaitEnded(Outcome.QUEUE_FULL, 5);
            holder.close();
            exchange(waiting.get(0));
            waiting.get(0).close();
            exchange(waiting.get(1));
            waiting.get(1).close();
        }
    }

    @Test
    void whereNobodyMayWaitAFullPoolShedsAtOnce() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(0, LONG, member.address())) {
            BalancingTest.limits(fixture, 1);
            try (Socket holder = fixture.connect()) {
                exchange(holder);
                assertTrue(Peers.isReset(fixture.address()));
                fixture.awaitEnded(Outcome.QUEUE_FULL, 1);
            }
        }
    }

    @Test
    void aMemberThatIsFullIsPassedOverForAnother() throws Exception {
        try (Peers.Server one = new Peers.Server(Peers::echo);
                Peers.Server other = new Peers.Server(Peers::echo);
                Fixture fixture = serving(10, LONG, one.address(), other.address())) {
            BalancingTest.limits(fixture, 1, 3);
            List<Socket> held = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                held.add(fixture.connect());
                exchange(held.get(i));
            }
            assertEquals(1, one.connections());
            assertEquals(3, other.connections());
            for (Socket socket : held) {
                socket.close();
            }
        }
    }

    @Test
    void aWaitingClientThatLeavesGivesUpItsTurn() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(10, LONG, member.address())) {
            BalancingTest.limits(fixture, 1);
            Socket holder = fixture.connect();
            exchange(holder);
            Socket impatient = fixture.connect();
            awaitQueued(fixture, 0, 1);
            Socket patient = fixture.connect();
            awaitQueued(fixture, 0, 2);

            Peers.reset(impatient);

            awaitQueued(fixture, 0, 1);
            holder.close();
            exchange(patient);
            patient.close();
        }
    }

    @Test
    void whoWaitsForAMemberThatGoesAwayGoesToAnother() throws Exception {
        for (Health health : List.of(Health.DOWN, Health.DRAINING)) {
            try (Peers.Server one = new Peers.Server(Peers::echo);
                    Peers.Server other = new Peers.Server(Peers::echo);
                    Fixture fixture = serving(10, LONG, one.address(), other.address())) {
                BalancingTest.limits(fixture, 1, 1);
                fixture.pool.health(fixture.member(1), Health.DOWN);
                try (Socket holder = fixture.connect()) {
                    exchange(holder);
                    try (Socket waiting = fixture.connect()) {
                        awaitQueued(fixture, 0, 1);
                        fixture.pool.health(fixture.member(1), Health.UP);
                        fixture.pool.health(fixture.member(0), health);
                        exchange(waiting);
                        assertEquals(1, other.connections());
                        assertEquals(0, fixture.member(0).queued());
                    }
                }
            }
        }
    }

    @Test
    void whoWaitsTakesAPlaceThatIsFreeElsewhere() throws Exception {
        try (Peers.Server one = new Peers.Server(Peers::echo);
                Peers.Server other = new Peers.Server(Peers::echo);
                Fixture fixture = serving(10, LONG, one.address(), other.address())) {
            BalancingTest.limits(fixture, 1, 1);
            fixture.pool.health(fixture.member(1), Health.DOWN);
            try (Socket holder = fixture.connect()) {
                exchange(holder);
                try (Socket waiting = fixture.connect()) {
                    awaitQueued(fixture, 0, 1);
                    fixture.pool.health(fixture.member(1), Health.UP);
                    exchange(waiting);
                    exchange(holder);
                    assertEquals(1, other.connections());
                }
            }
        }
    }

    @Test
    void stoppingResetsWhoWaits() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(10, LONG, member.address())) {
            BalancingTest.limits(fixture, 1);
            Socket holder = fixture.connect();
            exchange(holder);
            Socket waiting = fixture.connect();
            awaitQueued(fixture, 0, 1);

            fixture.proxy.stop(Duration.ZERO);

            assertTrue(Peers.endsByReset(waiting));
            assertTrue(Peers.endsByReset(holder));
            fixture.awaitEnded(Outcome.STOPPED, 2);
        }
    }

    /** Few places, many clients, some of which give up; the fixture sees to it that nothing is left when it closes. */
    @Test
    void tenThousandConnectionsThroughFewPlacesLeaveNothingBehind() throws Exception {
        try (Peers.Server one = new Peers.Server(Peers::echo);
                Peers.Server other = new Peers.Server(Peers::echo);
                Fixture fixture = serving(50, LONG, one.address(), other.address())) {
            fixture.proxy.apply(List.of(fixture.plan().with(new AccessRules(List.of(), List.of(), 1000, 0))));
            BalancingTest.limits(fixture, 3, 5);
            int clients = 20;
            int each = 500;
            List<CompletableFuture<Integer>> running = new ArrayList<>();
            for (int c = 0; c < clients; c++) {
                int client = c;
                running.add(Peers.async(() -> {
                    int served = 0;
                    for (int i = 0; i < each; i++) {
                        Socket socket = fixture.connect();
                        if ((client + i) % 10 == 0) {
                            Peers.reset(socket);
                            continue;
                        }
                        exchange(socket);
                        served++;
                        socket.close();
                    }
                    return served;
                }));
            }
            int served = 0;
            for (CompletableFuture<Integer> result : running) {
                served += result.get(55, TimeUnit.SECONDS);
            }
            assertEquals(clients * each * 9 / 10, served, "nobody who stays is turned away");
            fixture.awaitActive(0);
            assertEquals(0, fixture.member(0).queued() + fixture.member(1).queued());
            assertEquals(0, fixture.member(0).active() + fixture.member(1).active());
        }
    }

    private static Fixture serving(int length, Duration timeout, InetSocketAddress... members) {
        Distribution distribution =
                Distribution.DEFAULTS.withSlowStart(Duration.ZERO).withQueue(length, timeout);
        PoolSettings settings =
                new PoolSettings(Balance.LEAST_CONNECTIONS, Duration.ofSeconds(5), 3, OnDown.KEEP).with(distribution);
        return Fixture.serving(Fixture.settings(100), settings, members);
    }

    private static void awaitQueued(Fixture fixture, int member, int count) {
        Peers.await(count + " wait", () -> fixture.member(member).queued() == count);
    }

    private static void exchange(Socket client) throws IOException {
        client.getOutputStream().write(42);
        assertEquals(42, client.getInputStream().read());
    }
}
