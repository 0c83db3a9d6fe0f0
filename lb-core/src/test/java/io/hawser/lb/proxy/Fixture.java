package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.lb.balance.Balance;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Member.Health;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.balance.PoolSettings.OnDown;
import io.hawser.lb.net.DirectMemory;
import io.hawser.lb.tls.Session;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** A proxy between one listener and one pool, with a clock that the test can put forward, and ticks that it has when it does. */
final class Fixture implements AutoCloseable {
    static final String LISTENER = "api";
    static final InetSocketAddress ANY_PORT = new InetSocketAddress("127.0.0.1", 0);

    final List<String> failed = new CopyOnWriteArrayList<>();
    final Transport transport;
    final List<String> lost = new CopyOnWriteArrayList<>();
    final List<ConnectionRecord> records = new CopyOnWriteArrayList<>();
    final Pool pool;
    final Proxy proxy;
    private final long sessionsBefore;
    private final AtomicLong ahead = new AtomicLong();
    private volatile long stoppedAt;

    Fixture(ProxySettings settings, PoolSettings poolSettings, InetSocketAddress... members) {
        this(Transport.PLAIN, settings, poolSettings, DirectMemory::free, OldGeneration.OF_THIS_PROCESS, members);
    }

    /** With so much native memory left as somebody else says. */
    Fixture(ProxySettings settings, LongSupplier memory, InetSocketAddress... members) {
        this(Transport.PLAIN, settings, PoolSettings.DEFAULTS, memory, OldGeneration.OF_THIS_PROCESS, members);
    }

    /** With a heap that is as full as somebody else says. */
    Fixture(ProxySettings settings, Heap heap, InetSocketAddress... members) {
        this(Transport.PLAIN, settings, PoolSettings.DEFAULTS, DirectMemory::free, heap, members);
    }

    private Fixture(
            Transport transport,
            ProxySettings settings,
            PoolSettings poolSettings,
            LongSupplier memory,
            Heap heap,
            InetSocketAddress... members) {
        this.transport = transport;
        sessionsBefore = Session.live();
        List<Member> list = new ArrayList<>();
        for (InetSocketAddress address : members) {
            list.add(new Member("masters", "m" + (list.size() + 1), address, 100));
        }
        pool = new Pool("masters", poolSettings, list);
        list.forEach(member -> pool.health(member, Health.UP));
        ProxyEvents events = new ProxyEvents() {
            @Override
            public void memberFailed(Member member, ConnectFailure why) {
                failed.add(member.name() + " " + why);
            }

            @Override
            public void connectionLost(Member member) {
                lost.add(member.name());
            }

            @Override
            public boolean wantsRecords() {
                return true;
            }

            @Override
            public void ended(ConnectionRecord connection) {
                records.add(connection);
            }
        };
        proxy = Proxy.start(settings, events, this::now, memory, heap);
    }

    /** With one listener on 127.0.0.1. */
    static Fixture serving(InetSocketAddress... members) {
        return serving(settings(100), PoolSettings.DEFAULTS, members);
    }

    static Fixture serving(ProxySettings settings, PoolSettings poolSettings, InetSocketAddress... members) {
        return serving(Transport.PLAIN, settings, poolSettings, members);
    }

    static Fixture serving(
            Transport transport, ProxySettings settings, PoolSettings poolSettings, InetSocketAddress... members) {
        Fixture fixture = new Fixture(
                transport, settings, poolSettings, DirectMemory::free, OldGeneration.OF_THIS_PROCESS, members);
        fixture.proxy.apply(List.of(fixture.plan()));
        return fixture;
    }

    static ProxySettings settings(int connections) {
        return new ProxySettings(2, connections, 8 << 20);
    }

    /** Members in turn, so that a test knows who comes next. */
    static PoolSettings inTurn(int retries) {
        return new PoolSettings(Balance.ROUND_ROBIN, Duration.ofSeconds(1), retries, OnDown.CLOSE);
    }

    ListenerPlan plan() {
        return transport.plan(ListenerPlan.of(LISTENER, ANY_PORT, pool));
    }

    Member member(int index) {
        return pool.members().all().get(index);
    }

    InetSocketAddress address() {
        return proxy.addresses(LISTENER).getFirst();
    }

    Socket connect() throws IOException {
        return transport.connect(address());
    }

    private long now() {
        long stopped = stoppedAt;
        return (stopped == 0 ? System.nanoTime() : stopped) + ahead.get();
    }

    /** From now on time passes only where {@link #pass} says so, however busy the machine is. */
    void stopClock() {
        stoppedAt = System.nanoTime();
    }

    /** Puts the clock forward; when this returns, each loop has looked at every connection under the new time. */
    void pass(Duration time) {
        ahead.addAndGet(time.toNanos());
        for (IoLoop loop : proxy.loops()) {
            Peers.joined(CompletableFuture.runAsync(
                    () -> {
                        for (int i = 0; i < IoLoop.TICKS_PER_SWEEP; i++) {
                            loop.tick();
                        }
                    },
                    loop.executor()));
            Peers.await(
                    "all are looked at",
                    () -> Peers.joined(CompletableFuture.supplyAsync(loop.sweeps()::isIdle, loop.executor())));
        }
    }

    long ended(Outcome outcome) {
        return proxy.snapshot().listeners().getFirst().endings().stream()
                .filter(ending -> ending.outcome() == outcome)
                .mapToLong(ProxyStats.Ending::count)
                .sum();
    }

    void awaitEnded(Outcome outcome, long count) {
        Peers.await(count + " ended " + outcome + "; " + proxy.snapshot(), () -> ended(outcome) == count);
    }

    void awaitActive(int count) {
        Peers.await(count + " active", () -> proxy.snapshot().active() == count);
    }

    long bufferBytes() {
        return proxy.snapshot().loops().stream()
                .mapToLong(ProxyStats.LoopStats::bufferBytes)
                .sum();
    }

    /** Stops the proxy, and fails the test if it lost a buffer, a place under a limit, or its wits. */
    @Override
    public void close() {
        proxy.stop(Duration.ZERO);
        assertEquals(0, proxy.snapshot().defects(), "defects of the proxy");
        assertEquals(0, proxy.snapshot().active(), "places under the limit still taken");
        assertEquals(
                0,
                pool.members().all().stream().mapToInt(Member::active).sum(),
                "connections still counted for members");
        assertEquals(0, proxy.buffersTaken(), "bytes in buffers never given back");
        assertEquals(sessionsBefore, Session.live(), "TLS sessions never closed");
    }
}
