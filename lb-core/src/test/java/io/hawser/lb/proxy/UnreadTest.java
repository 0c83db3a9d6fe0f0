package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.net.Buffer;
import io.hawser.lb.net.BufferPool;
import io.hawser.lb.net.DirectMemory;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that do not read, of members that do not either: what they hold is everybody's memory. */
@Timeout(300)
class UnreadTest {
    private static final long LARGE = Buffer.allocated(BufferPool.LARGE);
    private static final int LENGTH = 256 << 10;
    /** The loop looks once a second who reads. */
    private static final long LOOK_NANOS = 1_000_000_000L;

    private static final String GREEDY = "127.0.0.2";
    private static final String OTHER = "127.0.0.3";

    /** Asks for an echo; anything else for noise, by a member that reads no more. */
    private static final int ECHO = 'e';

    @Test
    void clientsThatDoNotReadNeitherStopAcceptingNorKeepMemory() throws Exception {
        long before = DirectMemory.taken();
        // One MiB for those who hold; four more, and nobody would be accepted.
        LongSupplier memory = () -> (9L << 20) - (DirectMemory.taken() - before);
        long leftOver = 0;
        try (Peers.Server member = member();
                Fixture fixture = new Fixture(new ProxySettings(1, 1000, 64L << 20), memory, member.address())) {
            fixture.proxy.apply(List.of(fixture.plan()));
            for (int round = 0; round < 3; round++) {
                List<Socket> greedy = new ArrayList<>();
                for (int wave = 0; wave < 2; wave++) {
                    long reset = fixture.ended(Outcome.UNREAD);
                    for (int i = 0; i < 24; i++) {
                        greedy.add(greedy(fixture));
                    }
                    Peers.await("some are reset", () -> fixture.ended(Outcome.UNREAD) > reset);
                    assertEchoes(fixture);
                    Peers.await("there is enough", () -> memory.getAsLong() >= 8L << 20);
                    assertEchoes(fixture);
                    assertNull(fixture.proxy.notAccepting());
                }
                for (Socket each : greedy) {
                    each.close();
                }
                Peers.await("no buffer is held", () -> fixture.bufferBytes() == 0);
                long left = DirectMemory.taken() - before;
                assertTrue(round == 0 || left <= leftOver, left + " bytes after " + leftOver);
                leftOver = left;
            }
            assertEquals(fixture.proxy.connectionsUnread(), fixture.ended(Outcome.UNREAD));
            assertTrue(
                    fixture.records.stream()
                            .filter(each -> each.outcome() == Outcome.UNREAD)
                            .allMatch(each -> String.valueOf(each.client()).contains(GREEDY)),
                    () -> fixture.records.toString());
        }
        assertEquals(before, DirectMemory.taken(), "all is freed, and nobody has collected anything");
    }

    @Test
    void aSourceHasItsShareAndWhoHeldLongestOfAnotherKeepsIts() throws Exception {
        ProxySettings settings = new ProxySettings(1, 1000, 16 * LARGE);
        try (Peers.Server member = member();
                Fixture fixture = Fixture.serving(settings, PoolSettings.DEFAULTS, member.address());
                Socket paused = from(OTHER, fixture)) {
            paused.getOutputStream().write(1);
            Peers.await("it is held", () -> fixture.bufferBytes() == LARGE);
            RelayTest.awaitStandstill(fixture);
            passAndBeSeen(fixture, Duration.ofSeconds(60));
            List<Socket> greedy = new ArrayList<>();
            // As many as there are buffers: each that has one holds one, as it sends nothing more.
            for (int i = 0; i < 16; i++) {
                Socket each = from(GREEDY, fixture);
                each.getOutputStream().write(1);
                greedy.add(each);
            }
            Peers.await("large ones are used up", () -> fixture.bufferBytes() > 15 * LARGE);
            RelayTest.awaitStandstill(fixture);
            awaitLooks();
            assertEquals(0, fixture.ended(Outcome.UNREAD));

            fixture.pass(Duration.ofSeconds(6));

            // It may have a quarter, which is four of them.
            Peers.await("the source has its share", () -> fixture.bufferBytes() <= 5 * LARGE);
            assertTrue(fixture.bufferBytes() > 2 * LARGE, "no more than that is taken away");
            Peers.await("they are counted", () -> fixture.ended(Outcome.UNREAD) >= 12);
            assertEquals(fixture.proxy.connectionsUnread(), fixture.ended(Outcome.UNREAD));
            assertEchoes(fixture);
            assertTrue(fixture.records.stream()
                    .filter(each -> each.outcome() == Outcome.UNREAD)
                    .allMatch(each -> String.valueOf(each.client()).contains(GREEDY)));
            InputStream in = paused.getInputStream();
            assertEquals(8 << 20, in.readNBytes(8 << 20).length);
            for (Socket each : greedy) {
                each.close();
            }
        }
    }

    @Test
    void oneOfTwoListenersHasItsShare() throws Exception {
        ProxySettings settings = new ProxySettings(1, 1000, 16 * LARGE);
        try (Peers.Server member = member();
                Fixture fixture = new Fixture(settings, PoolSettings.DEFAULTS, member.address())) {
            ListenerPlan second = ListenerPlan.of("web", Fixture.ANY_PORT, fixture.pool);
            fixture.proxy.apply(List.of(fixture.plan(), second));
            List<Socket> all = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                all.add(greedy("127.0.1." + (i + 1), fixture));
            }
            Peers.await("large ones are used up", () -> fixture.bufferBytes() > 15 * LARGE);
            RelayTest.awaitStandstill(fixture);
            awaitLooks();

            fixture.pass(Duration.ofSeconds(6));

            Peers.await("the listener has its share", () -> fixture.bufferBytes() <= 8 * LARGE);
            assertTrue(fixture.bufferBytes() > 5 * LARGE, "no more than that is taken away");
            for (Socket each : all) {
                each.close();
            }
        }
    }

    @Test
    void whoReadsSlowlyIsNotTheVictimBeforeWhoReadsNothing() throws Exception {
        AtomicBoolean isShort = new AtomicBoolean();
        AtomicReference<Fixture> running = new AtomicReference<>();
        LongSupplier memory = () -> {
            Fixture fixture = running.get();
            return fixture != null && isShort.get() && fixture.ended(Outcome.UNREAD) == 0 ? 5L << 20 : Long.MAX_VALUE;
        };
        AtomicBoolean done = new AtomicBoolean();
        try (Peers.Server member = member();
                Fixture fixture = new Fixture(new ProxySettings(1, 100, 8 << 20), memory, member.address())) {
            running.set(fixture);
            fixture.proxy.apply(List.of(fixture.plan()));
            try (Socket slow = from(OTHER, fixture)) {
                slow.getOutputStream().write(1);
                Peers.await("the slow one is held", () -> fixture.bufferBytes() == LARGE);
                CompletableFuture<Long> reading = Peers.async(() -> {
                    long read = 0;
                    while (!done.get()) {
                        read += slow.getInputStream().readNBytes(20_000).length;
                        LockSupport.parkNanos(50_000_000);
                    }
                    return read;
                });
                try (Socket greedy = from(GREEDY, fixture)) {
                    greedy.getOutputStream().write(1);
                    Peers.await("both are held", () -> fixture.bufferBytes() == 2 * LARGE);
                    isShort.set(true);

                    fixture.awaitEnded(Outcome.UNREAD, 1);

                    assertTrue(Peers.endsByReset(greedy));
                }
                done.set(true);
                assertTrue(Peers.get(reading) > 0);
                assertEquals(20_000, slow.getInputStream().readNBytes(20_000).length);
            }
        }
    }

    /**
     * Lets every connection be looked at twice while nothing moves: one whose kernel still takes bytes between two looks
     * counts as read, and who goes before it makes the room in which nobody is looked at any more.
     */
    private static void awaitLooks() {
        long start = System.nanoTime();
        Peers.await("three looks", () -> System.nanoTime() - start > 3 * LOOK_NANOS);
    }

    /** What comes after it is not dated before it. */
    private static void passAndBeSeen(Fixture fixture, Duration time) {
        IoLoop loop = fixture.proxy.loops().getFirst();
        long before = loopTime(loop);
        fixture.pass(time);
        Peers.await("the loop has seen it", () -> loopTime(loop) - before >= time.toNanos());
    }

    private static long loopTime(IoLoop loop) {
        return Peers.joined(CompletableFuture.supplyAsync(loop::now, loop.executor()));
    }

    private static Peers.Server member() throws IOException {
        return new Peers.Server(socket -> {
            if (socket.getInputStream().read() == ECHO) {
                socket.getOutputStream().write(ECHO);
                Peers.echo(socket);
            } else {
                fill(socket);
            }
        });
    }

    private static Void fill(Socket socket) throws IOException {
        byte[] bytes = new byte[LENGTH];
        while (true) {
            socket.getOutputStream().write(bytes);
        }
    }

    /** Sends all it can and reads nothing. */
    private static Socket greedy(Fixture fixture) throws IOException {
        return greedy(GREEDY, fixture);
    }

    private static Socket greedy(String address, Fixture fixture) throws IOException {
        Socket socket = from(address, fixture);
        var _ = Peers.async(() -> fill(socket));
        return socket;
    }

    private static Socket from(String address, Fixture fixture) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(address, 0));
        socket.setSoTimeout(Peers.PATIENCE_MILLIS);
        socket.connect(fixture.address(), Peers.PATIENCE_MILLIS);
        return socket;
    }

    private static void assertEchoes(Fixture fixture) throws IOException {
        try (Socket socket = from(OTHER, fixture)) {
            for (int i = 0; i < 10; i++) {
                socket.getOutputStream().write(ECHO);
                assertEquals(ECHO, socket.getInputStream().read());
            }
        }
    }
}
