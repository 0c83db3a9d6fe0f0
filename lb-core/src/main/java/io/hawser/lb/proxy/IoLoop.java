package io.hawser.lb.proxy;

import io.hawser.lb.admission.ConnectionLimit;
import io.hawser.lb.balance.Member;
import io.hawser.lb.net.BufferPool;
import io.hawser.lb.net.Endpoint;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What belongs to one event loop: its connections, buffers, balancers and clock. Event loop, except for the methods that
 * say otherwise.
 */
final class IoLoop implements Endpoint.Loop {
    static final long TICK_NANOS = 100_000_000L;

    // While members are being connected to; nothing hedges more exactly, and an idle loop is not woken.
    private static final long HURRY_NANOS = 20_000_000L;

    /** What is left to a connection whose address was given up while bytes moved. */
    private static final long LAST_WORDS_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final Logger log = LoggerFactory.getLogger(IoLoop.class);
    static final int TICKS_PER_SWEEP = 10;
    private static final int MOST_HANDSHAKES = 4;
    private static final long QUIET_MOMENT_NANOS = 300_000_000L;
    // A quarter of what buffers may take may wait to be used again.
    private static final int SPARE_SHARE = 4;

    private final int index;
    private final IoEventLoop executor;
    private final IoHandler handler;
    private final LongSupplier clock;
    private final HeapWatch heap;
    private final ProxyEvents events;
    private final ConnectionLimit limit;
    private final Counters counters;
    private final BufferPool buffers;
    private final ConnectionList greeting = new ConnectionList();
    private final ConnectionList connecting = new ConnectionList();
    private final ConnectionList established = new ConnectionList();
    private final Churn churn = new Churn();
    private final LoopLag lag;
    private final Shortages shortages;
    private final MemoryPressure pressure;
    private final MemberSelector selector;
    private final Sweeps sweeps;
    private final Sweep greetingTick;
    private final Sweep connectingTick;
    private final Sweep establishedTick;

    private List<Endpoint> pendingClose = new ArrayList<>();
    private List<Endpoint> emptied = new ArrayList<>();
    private List<Runnable> starved = new ArrayList<>();
    private long now;
    private long ticks;
    private @Nullable Future<?> hurrying;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private boolean turnAhead;
    private int handshakes;

    private @Nullable Future<?> ticking;
    private volatile long bufferBytes;

    IoLoop(
            int index,
            IoEventLoop executor,
            IoHandler handler,
            LongSupplier clock,
            LongSupplier memory,
            HeapWatch heap,
            IntSupplier listeners,
            long bufferBytes,
            ConnectionLimit limit,
            Counters counters,
            HedgeCounts.ByPool hedgeCounts,
            ProxyEvents events) {
        this.index = index;
        this.executor = executor;
        this.handler = handler;
        this.clock = clock;
        this.heap = heap;
        this.limit = limit;
        this.counters = counters;
        this.events = events;
        this.buffers = new BufferPool(bufferBytes, bufferBytes / SPARE_SHARE);
        this.now = clock.getAsLong();
        this.lag = new LoopLag(index, TICK_NANOS, TICKS_PER_SWEEP);
        this.shortages = new Shortages(clock, limit, counters);
        this.pressure = new MemoryPressure(memory, heap, buffers, limit, listeners, counters);
        this.selector = new MemberSelector(index, this::now, hedgeCounts);
        this.sweeps = new Sweeps(this::announceTurn, this::failed);
        this.greetingTick = sweeps.over(greeting, this::lookAt);
        this.connectingTick = sweeps.over(connecting, this::lookAt);
        this.establishedTick = sweeps.over(established, this::lookAt);
    }

    /** Starts the ticking. Any thread. */
    void start() {
        heap.look(now, limit.used());
        ticking = executor.scheduleWithFixedDelay(this::tick, TICK_NANOS, TICK_NANOS, TimeUnit.NANOSECONDS);
    }

    /** Resets every connection and stops the ticking, all in this turn, which is the last. */
    void end() {
        if (ticking != null) {
            ticking.cancel(false);
        }
        if (hurrying != null) {
            hurrying.cancel(false);
        }
        sweeps.atOnce(List.of(greeting, connecting, established), connection -> connection.end(Outcome.STOPPED));
        buffers.close();
    }

    int index() {
        return index;
    }

    IoEventLoop executor() {
        return executor;
    }

    /**
     * Has a handle receive its events from now on. On this loop's thread: asked of the event loop itself, it would make a promise for each
     * connection that nobody waits for.
     *
     * @throws IOException when the kernel does not watch it
     */
    @Override
    public IoRegistration register(IoHandle handle) throws IOException {
        try {
            return handler.register(handle);
        } catch (Exception e) {
            throw new IOException("cannot register with the event loop", e);
        }
    }

    @Override
    public BufferPool buffers() {
        return buffers;
    }

    ConnectionLimit limit() {
        return limit;
    }

    /** Those that have not said yet what they must; looked at with each tick. */
    ConnectionList greeting() {
        return greeting;
    }

    /** Those that look for a member, or wait for one to answer; looked at with each tick, and more often in a hurry. */
    ConnectionList connecting() {
        return connecting;
    }

    /** Those that have a member; looked at once a second. */
    ConnectionList established() {
        return established;
    }

    /** The time of the last tick: up to 0.1 s old, and free. */
    @Override
    public long now() {
        return now;
    }

    /** The time. */
    long exactNow() {
        return clock.getAsLong();
    }

    /** Chooses members for connections. */
    MemberSelector selector() {
        return selector;
    }

    /** What this host lacks; {@link Shortages#notAccepting} for any thread. */
    Shortages shortages() {
        return shortages;
    }

    /** How late it is; its methods for any thread. */
    LoopLag lag() {
        return lag;
    }

    /** What is done for each connection, a part in each turn. */
    Sweeps sweeps() {
        return sweeps;
    }

    /** Connections that end for nothing; {@link Churn#last} for any thread. */
    Churn churn() {
        return churn;
    }

    /** Whether somebody wants to know of connections that have ended. */
    boolean records() {
        return events.wantsRecords();
    }

    void ended(ConnectionRecord connection) {
        events.ended(connection);
    }

    void connectionLost(Member member) {
        events.connectionLost(member);
    }

    void memberFailed(Member member, ConnectFailure why) {
        log.atDebug().addKeyValue("member", member).addKeyValue("why", why).log("connecting failed");
        events.memberFailed(member, why);
    }

    /** Has connections that look for a member be looked at more often, until there are none. */
    void fastTick() {
        if (hurrying == null) {
            hurryAgain();
        }
    }

    private void hurryAgain() {
        hurrying = executor.schedule(this::lookAtConnecting, HURRY_NANOS, TimeUnit.NANOSECONDS);
    }

    private void lookAtConnecting() {
        now = clock.getAsLong();
        sweeps.begin(connectingTick);
        hurrying = null;
        if (connecting.size() > 0) {
            hurryAgain();
        }
    }

    /** Ends or moves on every connection of this member, as many in each turn as {@link Sweeps} visits. */
    void onMemberRemoved(Member member) {
        var _ = sweeps.once(
                List.of(connecting, established), connection -> connection.onMemberRemoved(member), () -> {});
    }

    /**
     * Ends connections that clients made to these addresses, which this host has given up. What is idle ends at once; what
     * has just moved bytes gets a moment, in which an answer that is under way still leaves, and newcomers arrive that
     * were in the backlog.
     *
     * <p>All of them in this turn, however many there are: these clients wait to be told, and go elsewhere.
     */
    void onAddressesLost(Set<InetAddress> addresses) {
        sweeps.atOnce(List.of(established), connection -> {
            if (connection.isQuiet(now) && connection.isTo(addresses)) {
                connection.end(Outcome.ADDRESS_LOST);
            }
        });
        var _ = executor.schedule(() -> leaveAll(addresses), LAST_WORDS_NANOS, TimeUnit.NANOSECONDS);
    }

    private void leaveAll(Set<InetAddress> addresses) {
        sweeps.atOnce(List.of(greeting, connecting, established), connection -> {
            if (connection.isTo(addresses)) {
                connection.end(Outcome.ADDRESS_LOST);
            }
        });
    }

    /**
     * Closes connections of a member, those first over which nothing has gone for longest; only such over which nothing has
     * gone for a moment.
     *
     * @param most how many at most
     * @return how many were closed, once all were looked at
     */
    CompletableFuture<Integer> relieve(Member member, int most) {
        LongestIdle longest = new LongestIdle(most);
        CompletableFuture<Integer> closed = new CompletableFuture<>();
        var _ = sweeps.once(
                List.of(established),
                connection -> {
                    long idle = idleNanos(connection, member);
                    if (idle >= QUIET_MOMENT_NANOS) {
                        longest.add(connection, idle);
                    }
                },
                () -> closed.complete(close(longest.found(), member)));
        return closed;
    }

    private long idleNanos(Tended connection, Member of) {
        return now - connection.quietSince(of, now);
    }

    private int close(List<Tended> idle, Member of) {
        int closed = 0;
        for (Tended connection : idle) {
            // Something may have gone over it since it was looked at.
            if (idleNanos(connection, of) >= QUIET_MOMENT_NANOS) {
                connection.end(Outcome.REBALANCED);
                closed++;
            }
        }
        return closed;
    }

    /** A picture of every connection, all of the same turn; nothing asks for it while the node serves. */
    List<ConnectionInfo> infos() {
        List<ConnectionInfo> infos = new ArrayList<>(greeting.size() + connecting.size() + established.size());
        greeting.forEach(connection -> infos.add(connection.info()));
        connecting.forEach(connection -> infos.add(connection.info()));
        established.forEach(connection -> infos.add(connection.info()));
        return infos;
    }

    /*
     * Descriptors are closed after all events of a round were handled: an event of the round may belong to a descriptor
     * that was closed in the same round, and if its number were in use again by then, a connect that has not finished
     * would be told that it has.
     */
    /** Closes the endpoint when this round of events is over. */
    @Override
    public void closeLater(Endpoint endpoint) {
        pendingClose.add(endpoint);
        if (pendingClose.size() == 1) {
            executor.execute(this::closeGraves);
        }
    }

    private void closeGraves() {
        List<Endpoint> full = pendingClose;
        pendingClose = emptied;
        emptied = full;
        full.forEach(Endpoint::release);
        full.clear();
    }

    /*
     * What is given to the executor while it runs tasks, it runs before it looks at sockets again, for up to a second.
     * What is scheduled waits for the next turn.
     */
    /** Runs it once more after the events of all sockets were looked at. */
    void later(Runnable task) {
        waiting.add(task);
        announceTurn();
    }

    private void announceTurn() {
        if (!turnAhead) {
            var _ = executor.schedule(this::turn, 0, TimeUnit.NANOSECONDS);
            turnAhead = true;
        }
    }

    private void turn() {
        turnAhead = false;
        handshakes = 0;
        sweeps.turn();
        for (int i = waiting.size(); i > 0; i--) {
            waiting.removeFirst().run();
        }
    }

    /*
     * A step costs up to a millisecond of signing. When many clients come at once, those that are connected already get
     * their turn after each few.
     */
    /** Whether a step of a handshake may be made in this turn, which then counts. */
    boolean mayShakeHands() {
        if (handshakes == MOST_HANDSHAKES) {
            return false;
        }
        handshakes++;
        announceTurn();
        return true;
    }

    /** Has an acceptor try again with the next tick, by running this. */
    void retryLater(Runnable resume) {
        starved.add(resume);
    }

    /** Counts that this host lacks something, and says so at most once in ten seconds. */
    @Override
    public void onResourceShortage(int errno, String attempted) {
        shortages.lacking(errno, attempted);
    }

    /**
     * Whether so little memory is left that taking on more connections would endanger those there are: each takes some
     * heap, and may come to need two buffers.
     */
    boolean isShortOfMemory() {
        return pressure.shortage() != null;
    }

    /** Counts and reports a mistake of our own that ended one connection. */
    void failed(Throwable mistake) {
        counters.mistakes.increment();
        try {
            log.atError().setCause(mistake).log("a defect of hawser ended a connection");
        } catch (Throwable _) {
            // What lacks even what a line of the log needs is counted all the same, and the loop goes on.
        }
    }

    /** Looks at what takes time. On the loop, each {@link #TICK_NANOS}, and in tests whenever these have put their clock forward. */
    void tick() {
        long at = System.nanoTime();
        try {
            lag.beat(at, ticks);
        } catch (Throwable e) {
            failed(e);
        }
        try {
            now = clock.getAsLong();
            if (index == 0) {
                heap.look(now, limit.used());
            }
            pressure.look();
            shortages.look(now, pressure.shortage());
        } catch (Throwable e) {
            failed(e);
        }
        try {
            if (ticks % TICKS_PER_SWEEP == 0) {
                churn.endSecond();
                pressure.relieve(sweeps, greeting, established, this::now);
            }
        } catch (Throwable e) {
            failed(e);
        }
        sweeps.begin(greetingTick);
        sweeps.begin(connectingTick);
        if (ticks % TICKS_PER_SWEEP == 0) {
            sweeps.begin(establishedTick);
        }
        try {
            retryStarved();
        } catch (Throwable e) {
            failed(e);
        }
        bufferBytes = buffers.taken();
        ticks++;
        shortages.ticked();
    }

    private void lookAt(Tended connection) {
        connection.tick(now);
    }

    private void retryStarved() {
        if (!starved.isEmpty()) {
            List<Runnable> waiting = starved;
            starved = new ArrayList<>();
            waiting.forEach(Runnable::run);
        }
    }

    /** Bytes in buffers for slow readers at the last tick. Any thread. */
    long bufferBytes() {
        return bufferBytes;
    }
}
