package io.hawser.lb.proxy;

import io.hawser.lb.admission.ConnectionLimit;
import io.hawser.lb.balance.Balancer;
import io.hawser.lb.balance.ExcludedMembers;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Members;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.net.BufferPool;
import io.hawser.lb.net.Endpoint;
import io.hawser.lb.net.Errno;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
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
    private static final int LAG_SECONDS = 16;
    private static final int MOST_HANDSHAKES = 4;
    private static final long QUIET_NANOS = 10_000_000_000L;
    private static final long QUIET_MOMENT_NANOS = 300_000_000L;
    // An acceptor that failed tries again with each second tick, as long as somebody waits.
    private static final int ACCEPT_TICKS = 5;
    // A quarter of what buffers may take may wait to be used again.
    private static final int SPARE_SHARE = 4;
    private static final long LEAST_MEMORY = 4L << 20;
    // Below it memory is taken from who does not use it, so that the least is not reached.
    private static final long ENOUGH_MEMORY = 2 * LEAST_MEMORY;

    private record Idle(Tended connection, long nanos) {}

    private record Refusal(Shortage why, long since) {}

    private record Choice(PoolSettings settings, Balancer balancer) {}

    private record Hedging(HedgeBudget budget, HedgeCounts counts) {}

    private final int index;
    private final IoEventLoop executor;
    private final IoHandler handler;
    private final LongSupplier clock;
    private final LongSupplier memory;
    private final HeapWatch heap;
    private final IntSupplier listeners;
    private final ProxyEvents events;
    private final ConnectionLimit limit;
    private final Counters counters;
    private final HedgeCounts.ByPool hedgeCounts;
    private final BufferPool buffers;
    private final ConnectionList greeting = new ConnectionList();
    private final ConnectionList connecting = new ConnectionList();
    private final ConnectionList established = new ConnectionList();
    private final IdentityHashMap<Pool, Choice> balancers = new IdentityHashMap<>();
    private final IdentityHashMap<Pool, Hedging> hedgings = new IdentityHashMap<>();
    private final Outliers outliers = new Outliers();
    private final Churn churn = new Churn();
    private final long[] lagBySecond = new long[LAG_SECONDS];

    private List<Endpoint> pendingClose = new ArrayList<>();
    private List<Endpoint> emptied = new ArrayList<>();
    private List<Runnable> starved = new ArrayList<>();
    private long now;
    private long ticks;
    private long lackSaidAt;
    private boolean lackSaid;
    private @Nullable Future<?> hurrying;
    private @Nullable Shortage memoryShortage;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private boolean turnAhead;
    private int handshakes;
    private long lackedAtTick = Long.MIN_VALUE;
    private long acceptFailedAtTick = Long.MIN_VALUE;

    private @Nullable Future<?> ticking;
    private volatile long beatAt;
    private volatile long lagNanos;
    private volatile long bufferBytes;
    private volatile @Nullable Refusal refusal;

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
        this.memory = memory;
        this.heap = heap;
        this.listeners = listeners;
        this.limit = limit;
        this.counters = counters;
        this.hedgeCounts = hedgeCounts;
        this.events = events;
        this.buffers = new BufferPool(bufferBytes, bufferBytes / SPARE_SHARE);
        this.now = clock.getAsLong();
        this.beatAt = System.nanoTime();
    }

    /** Starts the ticking. Any thread. */
    void start() {
        heap.look(now, limit.used());
        ticking = executor.scheduleWithFixedDelay(this::tick, TICK_NANOS, TICK_NANOS, TimeUnit.NANOSECONDS);
    }

    /** Resets every connection and stops the ticking. */
    void end() {
        if (ticking != null) {
            ticking.cancel(false);
        }
        if (hurrying != null) {
            hurrying.cancel(false);
        }
        greeting.forEach(connection -> connection.end(Outcome.STOPPED));
        connecting.forEach(connection -> connection.end(Outcome.STOPPED));
        established.forEach(connection -> connection.end(Outcome.STOPPED));
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

    /**
     * Chooses a member for a connection and takes a place there, to be given back with {@link Member#released()}.
     *
     * @param tried members not to choose
     * @param key what the connection belongs to, of the kind that {@link PoolSettings#keyedBy()} says; 0 for nothing
     * @return null when no member has room that was not tried
     */
    @Nullable
    Member choose(Pool pool, ExcludedMembers tried, long key) {
        Members members = pool.members();
        Balancer balancer = balancer(pool);
        Member member;
        do {
            member = balancer.pick(members, tried, key, now);
            if (member == null) {
                member = members.reserve(tried, now);
            }
            // Another loop may have taken the last place since the choice; then the member counts as full.
        } while (member != null && !member.tryAcquire());
        return member;
    }

    /** This loop's balancer for a pool; its state goes on as long as the pool keeps its way of balancing. */
    private Balancer balancer(Pool pool) {
        PoolSettings wanted = pool.settings();
        Choice choice = balancers.get(pool);
        if (choice == null || !choice.settings().isBalancedLike(wanted)) {
            choice = new Choice(wanted, wanted.balancer(index));
            balancers.put(pool, choice);
        }
        return choice.balancer();
    }

    /** What may be spent on second attempts for a pool. */
    HedgeBudget budget(Pool pool) {
        return hedging(pool).budget();
    }

    /** Where second attempts for a pool are counted. */
    HedgeCounts hedges(Pool pool) {
        return hedging(pool).counts();
    }

    private Hedging hedging(Pool pool) {
        Hedging known = hedgings.get(pool);
        if (known == null) {
            known = new Hedging(new HedgeBudget(now), hedgeCounts.of(pool.name()));
            hedgings.put(pool, known);
        }
        return known;
    }

    /** Members that are better left alone for a moment. */
    Outliers outliers() {
        return outliers;
    }

    /** Forgets what it knows about a pool that is no longer used. */
    void forget(Pool pool) {
        balancers.remove(pool);
        hedgings.remove(pool);
        pool.members().all().forEach(outliers::clear);
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
        try {
            connecting.forEach(connection -> connection.tick(now));
        } catch (Throwable e) {
            failed(e);
        }
        hurrying = null;
        if (connecting.size() > 0) {
            hurryAgain();
        }
    }

    /** Ends or moves on every connection of this member. */
    void onMemberRemoved(Member member) {
        connecting.forEach(connection -> connection.onMemberRemoved(member));
        established.forEach(connection -> connection.onMemberRemoved(member));
    }

    /**
     * Ends connections that clients made to these addresses, which this host has given up. What is idle ends at once; what
     * has just moved bytes gets a moment, in which an answer that is under way still leaves, and newcomers arrive that
     * were in the backlog.
     */
    void onAddressesLost(Set<InetAddress> addresses) {
        established.forEach(connection -> {
            if (connection.isQuiet(now) && connection.isTo(addresses)) {
                connection.end(Outcome.ADDRESS_LOST);
            }
        });
        var _ = executor.schedule(() -> leaveAll(addresses), LAST_WORDS_NANOS, TimeUnit.NANOSECONDS);
    }

    private void leaveAll(Set<InetAddress> addresses) {
        for (ConnectionList list : List.of(greeting, connecting, established)) {
            list.forEach(connection -> {
                if (connection.isTo(addresses)) {
                    connection.end(Outcome.ADDRESS_LOST);
                }
            });
        }
    }

    /**
     * Closes connections of a member, those first over which nothing has gone for longest; only such over which nothing has
     * gone for a moment.
     *
     * @param most how many at most
     * @return how many were closed
     */
    int relieve(Member member, int most) {
        PriorityQueue<Idle> longest = new PriorityQueue<>(Comparator.comparingLong(Idle::nanos));
        established.forEach(connection -> {
            long idle = now - connection.quietSince(member, now);
            if (idle >= QUIET_MOMENT_NANOS) {
                longest.add(new Idle(connection, idle));
                if (longest.size() > most) {
                    longest.poll();
                }
            }
        });
        longest.forEach(idle -> idle.connection().end(Outcome.REBALANCED));
        return longest.size();
    }

    /** A picture of every connection. */
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
            turnAhead = true;
            var _ = executor.schedule(this::turn, 0, TimeUnit.NANOSECONDS);
        }
    }

    private void turn() {
        turnAhead = false;
        handshakes = 0;
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
        counters.shortages.increment();
        if (errno == Errno.EADDRNOTAVAIL) {
            counters.portless.increment();
        }
        lackedAtTick = ticks;
        long at = System.nanoTime();
        if (lackSaid && at - lackSaidAt < QUIET_NANOS) {
            return;
        }
        lackSaid = true;
        lackSaidAt = at;
        log.atWarn()
                .addKeyValue("attempted", attempted)
                .addKeyValue("errno", errno)
                .addKeyValue("connections", limit.used())
                .addKeyValue("remedy", remedy(errno))
                .log("this host lacks what a connection needs; retrying");
    }

    /** Whether something was lacking just now; who can wait should, so that connections under way get it first. */
    boolean isLacking() {
        return lackedAtTick >= ticks - 1;
    }

    /**
     * Whether so little memory is left that taking on more connections would endanger those there are: each takes some
     * heap, and may come to need two buffers.
     */
    boolean isShortOfMemory() {
        return memoryShortage != null;
    }

    private void watchMemory() {
        if (index == 0) {
            heap.look(now, limit.used());
        }
        Shortage found =
                memory.getAsLong() < LEAST_MEMORY ? Shortage.NATIVE_MEMORY : heap.isShort() ? Shortage.HEAP : null;
        if (found != null && found != memoryShortage) {
            counters.shortages.increment();
            log.atWarn()
                    .addKeyValue("connections", limit.used())
                    .addKeyValue("remedy", found.remedy())
                    .log("{}; not accepting until some is free", found.text());
        }
        memoryShortage = found;
    }

    /*
     * While there is room nobody is asked. When large buffers are used up, whose source or listener has more than its share
     * loses what has been held longest; when native memory runs short, whoever has held longest goes, until there is some:
     * before newcomers would have to wait for it.
     */
    private void relieveMemory() {
        boolean isShort = memory.getAsLong() < ENOUGH_MEMORY;
        if (isShort) {
            buffers.freeSpare();
        } else if (buffers.isRoomy()) {
            return;
        }
        Holdings<Tended> holdings = new Holdings<>();
        greeting.forEach(connection -> addIfAny(holdings, connection.unsaid(now)));
        established.forEach(connection -> addIfAny(holdings, connection.unread(now)));
        holdings.beyondShares(buffers.budget(), listeners.getAsInt() > 1, isShort)
                .forEach(this::endForMemory);
        for (Tended connection : holdings.worstFirst()) {
            if (memory.getAsLong() >= ENOUGH_MEMORY) {
                return;
            }
            endForMemory(connection);
            buffers.freeSpare();
        }
    }

    private static void addIfAny(Holdings<Tended> to, Holdings.@Nullable Holding<Tended> holding) {
        if (holding != null) {
            to.add(holding);
        }
    }

    private void endForMemory(Tended connection) {
        counters.unread.increment();
        connection.endForMemory();
    }

    /** An accept failed because this host lacks something. */
    void acceptFailed() {
        acceptFailedAtTick = ticks;
    }

    /** An accept succeeded. */
    void accepted() {
        acceptFailedAtTick = Long.MIN_VALUE;
    }

    private void watchAccepting() {
        Shortage why = memoryShortage;
        if (why == null && acceptFailedAtTick >= ticks - ACCEPT_TICKS) {
            why = Shortage.KERNEL;
        }
        Refusal before = refusal;
        if (why == null) {
            refusal = null;
        } else if (before == null || before.why() != why) {
            refusal = new Refusal(why, before == null ? now : before.since());
        }
    }

    /** Why and for how long nobody has been accepted; null while somebody would be. Any thread. */
    @Nullable
    NotAccepting notAccepting() {
        Refusal current = refusal;
        return current == null
                ? null
                : new NotAccepting(current.why(), Duration.ofNanos(Math.max(0, clock.getAsLong() - current.since())));
    }

    private static String remedy(int errno) {
        return switch (errno) {
            case Errno.EMFILE -> "raise the limit of open files (LimitNOFILE) or lower limits.connections";
            case Errno.ENFILE -> "raise fs.file-max";
            case Errno.EADDRNOTAVAIL -> "widen net.ipv4.ip_local_port_range, or add members";
            default -> "look for a shortage of memory on this host";
        };
    }

    /** Counts and reports a mistake of our own that ended one connection. */
    void failed(Throwable mistake) {
        counters.mistakes.increment();
        try {
            log.atError().setCause(mistake).log("a connection was ended by a defect of the proxy");
        } catch (Throwable _) {
            // What lacks even what a line of the log needs is counted all the same, and the loop goes on.
        }
    }

    /** Looks at what takes time. On the loop, each {@link #TICK_NANOS}, and in tests whenever these have put their clock forward. */
    void tick() {
        long at = System.nanoTime();
        try {
            measureLag(at);
        } catch (Throwable e) {
            failed(e);
        }
        try {
            now = clock.getAsLong();
            watchMemory();
            watchAccepting();
        } catch (Throwable e) {
            failed(e);
        }
        try {
            if (ticks % TICKS_PER_SWEEP == 0) {
                churn.turn();
                relieveMemory();
            }
        } catch (Throwable e) {
            failed(e);
        }
        try {
            greeting.forEach(connection -> connection.tick(now));
            connecting.forEach(connection -> connection.tick(now));
            if (ticks % TICKS_PER_SWEEP == 0) {
                established.forEach(connection -> connection.tick(now));
            }
        } catch (Throwable e) {
            failed(e);
        }
        try {
            retryStarved();
        } catch (Throwable e) {
            failed(e);
        }
        bufferBytes = buffers.taken();
        ticks++;
    }

    private void measureLag(long at) {
        long late = Math.max(0, at - beatAt - TICK_NANOS);
        beatAt = at;
        LoopLagEvent.record(index, late);
        int second = (int) (ticks / TICKS_PER_SWEEP % LAG_SECONDS);
        lagBySecond[second] = ticks % TICKS_PER_SWEEP == 0 ? late : Math.max(lagBySecond[second], late);
        long worst = 0;
        for (long lag : lagBySecond) {
            worst = Math.max(worst, lag);
        }
        lagNanos = worst;
    }

    private void retryStarved() {
        if (!starved.isEmpty()) {
            List<Runnable> waiting = starved;
            starved = new ArrayList<>();
            waiting.forEach(Runnable::run);
        }
    }

    /** How long the loop has been busy with something else than its heart-beat. Any thread. */
    long stalledNanos() {
        return Math.max(0, System.nanoTime() - beatAt - TICK_NANOS);
    }

    /** How late the heart-beat was at worst in the last 16 s, or is now. Any thread. */
    long lagNanos() {
        return Math.max(lagNanos, stalledNanos());
    }

    /** Bytes in buffers for slow readers at the last tick. Any thread. */
    long bufferBytes() {
        return bufferBytes;
    }
}
