package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admission.AccessRules;
import io.hawser.lb.admission.Networks;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.net.Buffer;
import io.hawser.lb.net.BufferPool;
import io.hawser.lb.net.DirectMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may connect, and how often; on loopback, all of whose addresses a client may come from. */
@Timeout(300)
class ProtectionTest {

    @Test
    void whoIsDeniedIsResetAndCountedAndReachesNoMember() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(new AccessRules(Networks.of("127.0.0.2/32"), List.of(), 0, 0), member)) {
            assertReset("127.0.0.2", fixture);
            fixture.awaitEnded(Outcome.DENIED, 1);
            assertEquals(0, member.connections());
            assertEchoes(from("127.0.0.1", fixture));
            fixture.awaitActive(0);
        }
    }

    @Test
    void whereSomeAreAllowedAllOthersAreDeniedAndDenyComesFirst() throws Exception {
        AccessRules access = new AccessRules(Networks.of("127.0.0.5/32"), Networks.of("127.0.0.4/30"), 0, 0);
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(access, member)) {
            assertEchoes(from("127.0.0.4", fixture));
            assertEchoes(from("127.0.0.7", fixture));
            assertReset("127.0.0.5", fixture);
            assertReset("127.0.0.8", fixture);
            fixture.awaitEnded(Outcome.DENIED, 2);
        }
    }

    @Test
    void anIpv6ClientIsJudgedByItsAddress() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = new Fixture(Fixture.settings(100), PoolSettings.DEFAULTS, member.address())) {
            ListenerPlan plan = ListenerPlan.of(Fixture.LISTENER, new InetSocketAddress("::1", 0), fixture.pool);
            fixture.proxy.apply(List.of(plan.with(new AccessRules(Networks.of("::1/128"), List.of(), 0, 0))));
            assertReset("::1", fixture);
            fixture.proxy.apply(List.of(plan.with(new AccessRules(List.of(), Networks.of("::/64"), 1, 0))));
            try (Socket first = fixture.connect()) {
                exchange(first);
                assertReset("::1", fixture);
            }
            fixture.awaitEnded(Outcome.DENIED, 1);
            fixture.awaitEnded(Outcome.SOURCE_CONNECTIONS, 1);
        }
    }

    @Test
    void aSourceHasSoManyConnectionsAndOthersAreNotConcerned() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(new AccessRules(List.of(), List.of(), 5, 0), member)) {
            List<Socket> held = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                held.add(from("127.0.0.1", fixture));
                exchange(held.get(i));
            }
            for (int i = 0; i < 10; i++) {
                assertReset("127.0.0.1", fixture);
            }
            fixture.awaitEnded(Outcome.SOURCE_CONNECTIONS, 10);
            assertEchoes(from("127.0.0.2", fixture));
            held.forEach(ProtectionTest::exchange);

            held.removeFirst().close();
            fixture.awaitActive(4);

            assertEchoes(from("127.0.0.1", fixture));
            for (Socket socket : held) {
                socket.close();
            }
        }
    }

    @Test
    void whoOpensMostConnectionsThatEndForNothingIsFound() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(member.address())) {
            Peers.await("127.0.0.2 is found", () -> {
                comeAndReset("127.0.0.2", 10, fixture);
                comeAndReset("127.0.0.1", 1, fixture);
                Fruitless found = fixture.proxy.fruitless();
                return found.ended() >= 10
                        && InetAddress.ofLiteral("127.0.0.2").equals(found.source())
                        && found.ofSource() > found.ended() / 2
                        && found.refused() == 0;
            });
            Peers.await("it is over", () -> fixture.proxy.fruitless().equals(Fruitless.NONE));
        }
    }

    @Test
    void whoIsNotLetInIsCountedAmongThem() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(new AccessRules(Networks.of("127.0.0.2/32"), List.of(), 0, 0), member)) {
            Peers.await("127.0.0.2 is found", () -> {
                comeAndReset("127.0.0.2", 1, fixture);
                Fruitless found = fixture.proxy.fruitless();
                return found.refused() > 0
                        && found.refused() == found.ofSource()
                        && InetAddress.ofLiteral("127.0.0.2").equals(found.source());
            });
        }
    }

    @Test
    void whoOpensManyForNothingIsHeldBackAndOthersAreNot() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = Fixture.serving(member.address())) {
            fixture.proxy.fruitless(20);
            Peers.await("127.0.0.2 is held back", () -> {
                comeAndReset("127.0.0.2", 50, fixture);
                assertTrue(isServed("127.0.0.1", "", fixture));
                return fixture.ended(Outcome.SOURCE_RATE) > 0
                        && fixture.proxy.fruitless().heldBack() > 0;
            });
            fixture.proxy.fruitless(0);
            Peers.await("nobody is any more", () -> isServed("127.0.0.2", "", fixture));
            fixture.awaitActive(0);
        }
    }

    @Test
    void aBelievedProxyIsNotHeldBackForWhatItsClientsDo() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = new Fixture(Fixture.settings(100), PoolSettings.DEFAULTS, member.address())) {
            fixture.proxy.apply(List.of(new ListenerPlan(
                    Fixture.LISTENER,
                    List.of(Fixture.ANY_PORT),
                    Routes.to(fixture.pool),
                    new ListenerPlan.Greeting(Duration.ofSeconds(10), Networks.of("127.0.0.0/8")),
                    Duration.ofHours(1),
                    0,
                    WhenNoMember.CLOSE,
                    new AccessRules(Networks.of("10.0.0.1/32"), List.of(), 0, 0),
                    ListenerPlan.Tls.NONE)));
            fixture.proxy.fruitless(20);
            Peers.await("10.0.0.1 is held back", () -> {
                for (int i = 0; i < 50; i++) {
                    assertFalse(isServed("127.0.0.1", "PROXY TCP4 10.0.0.1 10.0.0.9 1 1\r\n", fixture));
                }
                assertTrue(isServed("127.0.0.1", "PROXY TCP4 10.0.0.2 10.0.0.9 1 1\r\n", fixture));
                return fixture.ended(Outcome.SOURCE_RATE) > 0;
            });
            assertTrue(fixture.ended(Outcome.DENIED) > 0);
            fixture.awaitActive(0);
        }
    }

    private static boolean isServed(String source, String header, Fixture fixture) {
        try (Socket socket = from(source, fixture)) {
            socket.getOutputStream().write((header + "*").getBytes(StandardCharsets.US_ASCII));
            return socket.getInputStream().read() == '*';
        } catch (IOException _) {
            return false;
        }
    }

    private static void comeAndReset(String source, int times, Fixture fixture) {
        for (int i = 0; i < times; i++) {
            try {
                Peers.reset(from(source, fixture));
            } catch (SocketException _) {
                // It was reset before connect(2) returned.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void aSourceOpensSoManyASecond() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(new AccessRules(List.of(), List.of(), 0, 5), member)) {
            int reset = 0;
            long began = System.nanoTime();
            for (int i = 0; i < 60; i++) {
                try (Socket socket = from("127.0.0.1", fixture)) {
                    socket.getOutputStream().write(42);
                    if (socket.getInputStream().read() != 42) {
                        reset++;
                    }
                } catch (IOException _) {
                    reset++;
                }
            }
            // Five at once, and five more for each second that it took.
            long most = 5 + Math.ceilDiv(5 * (System.nanoTime() - began), 1_000_000_000L);
            assertTrue(60 - reset >= 5 && 60 - reset <= most, reset + " of 60 reset, at most " + most + " may come");
            fixture.awaitEnded(Outcome.SOURCE_RATE, reset);
            assertEchoes(from("127.0.0.2", fixture));
            fixture.pass(Duration.ofSeconds(1));
            assertEchoes(from("127.0.0.1", fixture));
        }
    }

    @Test
    void limitsThatChangeCountWhoIsThereAlready() throws Exception {
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = serving(new AccessRules(List.of(), List.of(), 3, 0), member)) {
            List<Socket> held = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                held.add(from("127.0.0.1", fixture));
                exchange(held.get(i));
            }
            fixture.proxy.apply(List.of(fixture.plan().with(new AccessRules(List.of(), List.of(), 2, 0))));
            assertReset("127.0.0.1", fixture);
            held.forEach(ProtectionTest::exchange);
            fixture.proxy.apply(
                    List.of(fixture.plan().with(new AccessRules(Networks.of("127.0.0.1/32"), List.of(), 0, 0))));
            assertReset("127.0.0.1", fixture);
            held.forEach(ProtectionTest::exchange);
            fixture.proxy.apply(List.of(fixture.plan()));
            assertEchoes(from("127.0.0.1", fixture));
            for (Socket socket : held) {
                socket.close();
            }
        }
    }

    @Test
    void whileNativeMemoryIsShortNobodyIsAcceptedAndThoseThereAreServed() throws Exception {
        AtomicLong free = new AtomicLong(Long.MAX_VALUE);
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = new Fixture(Fixture.settings(100), free::get, member.address())) {
            fixture.proxy.apply(List.of(fixture.plan()));
            try (Socket old = fixture.connect()) {
                exchange(old);
                free.set(1000);
                Peers.await("short", () -> fixture.proxy.loops().stream().allMatch(IoLoop::isShortOfMemory));
                List<Socket> waiting = new ArrayList<>();
                for (int i = 0; i < 10; i++) {
                    waiting.add(fixture.connect());
                }
                exchange(old);
                assertEquals(1, fixture.proxy.snapshot().active());
                assertTrue(fixture.proxy.snapshot().shortages() > 0);
                fixture.pass(Duration.ofSeconds(2));
                NotAccepting told = fixture.proxy.notAccepting();
                assertNotNull(told);
                assertEquals(Shortage.NATIVE_MEMORY, told.why());
                assertTrue(told.lasting().compareTo(Duration.ofSeconds(2)) >= 0, told::toString);

                free.set(Long.MAX_VALUE);

                for (Socket socket : waiting) {
                    assertEchoes(socket);
                }
                assertNull(fixture.proxy.notAccepting());
            }
        }
    }

    /** Both wait for somebody who does not read; the longer one pays, and its memory is there at once. */
    @Test
    void whenNativeMemoryIsShortTheConnectionGoesThatWasNotReadForLongest() throws Exception {
        AtomicBoolean isShort = new AtomicBoolean();
        AtomicReference<Fixture> running = new AtomicReference<>();
        LongSupplier memory = () -> {
            Fixture fixture = running.get();
            return fixture != null && isShort.get() && fixture.ended(Outcome.UNREAD) == 0 ? 1000 : Long.MAX_VALUE;
        };
        try (Peers.Server member = new Peers.Server(socket -> Peers.sendNoise(socket.getOutputStream(), 1, 1 << 30));
                Fixture fixture = new Fixture(new ProxySettings(1, 100, 8 << 20), memory, member.address())) {
            running.set(fixture);
            fixture.proxy.apply(List.of(fixture.plan()));
            try (Socket first = fixture.connect()) {
                Peers.await("the first is held", () -> fixture.bufferBytes() == Buffer.allocated(BufferPool.LARGE));
                RelayTest.awaitStandstill(fixture);
                fixture.pass(Duration.ofSeconds(10));
                try (Socket second = fixture.connect()) {
                    Peers.await("both are held", () -> fixture.bufferBytes() == 2 * Buffer.allocated(BufferPool.LARGE));
                    RelayTest.awaitStandstill(fixture);
                    fixture.pass(Duration.ofSeconds(5));

                    isShort.set(true);

                    fixture.awaitEnded(Outcome.UNREAD, 1);
                    assertTrue(Peers.endsByReset(first));
                    assertEquals(
                            first.getLocalSocketAddress(),
                            fixture.records.getFirst().client());
                    assertTrue(second.getInputStream().read() >= 0);
                    try (Socket newcomer = fixture.connect()) {
                        assertTrue(newcomer.getInputStream().read() >= 0);
                    }
                }
            }
        }
    }

    @Test
    void whileTheHeapIsNearlyFullNobodyIsAcceptedAndThoseThereAreServed() throws Exception {
        HeapWatchTest.FakeHeap heap = new HeapWatchTest.FakeHeap();
        try (Peers.Server member = new Peers.Server(Peers::echo);
                Fixture fixture = new Fixture(Fixture.settings(100), heap, member.address())) {
            fixture.proxy.apply(List.of(fixture.plan()));
            try (Socket old = fixture.connect()) {
                exchange(old);
                heap.needed = 85;
                Peers.await("short", () -> fixture.proxy.loops().stream().allMatch(IoLoop::isShortOfMemory));
                List<Socket> waiting = new ArrayList<>();
                for (int i = 0; i < 10; i++) {
                    waiting.add(fixture.connect());
                }
                exchange(old);
                assertEquals(1, fixture.proxy.snapshot().active());

                heap.needed = 50;

                for (Socket socket : waiting) {
                    assertEchoes(socket);
                }
            }
        }
    }

    @Test
    void nativeMemoryIsMeasured() {
        long before = DirectMemory.free();
        assertTrue(before > 0);
        ByteBuffer taken = ByteBuffer.allocateDirect(8 << 20);
        assertTrue(DirectMemory.free() <= before - (4 << 20), taken.capacity() + " taken of " + before);
    }

    private static Fixture serving(AccessRules access, Peers.Server member) {
        Fixture fixture = new Fixture(Fixture.settings(100), PoolSettings.DEFAULTS, member.address());
        fixture.proxy.apply(List.of(fixture.plan().with(access)));
        return fixture;
    }

    private static Socket from(String address, Fixture fixture) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(address, 0));
        socket.setSoTimeout(Peers.PATIENCE_MILLIS);
        socket.connect(fixture.address(), Peers.PATIENCE_MILLIS);
        return socket;
    }

    /** The reset may come before connect(2) has returned. */
    private static void assertReset(String address, Fixture fixture) throws IOException {
        try (Socket socket = from(address, fixture)) {
            assertTrue(Peers.endsByReset(socket));
        } catch (SocketException e) {
            assertTrue(String.valueOf(e.getMessage()).contains("reset"), e.getMessage());
        }
    }

    private static void assertEchoes(Socket socket) throws IOException {
        try (socket) {
            exchange(socket);
        }
    }

    private static void exchange(Socket socket) {
        try {
            socket.getOutputStream().write(42);
            assertEquals(42, socket.getInputStream().read());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
