package io.hawser.lb.proxy;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.admission.ConnectionLimit;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Member.Health;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings.OnDown;
import io.hawser.lb.net.DirectMemory;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TCP proxy: listeners, and connections between clients and the members of pools.
 *
 * <p>Any thread but an event loop may call it. What changes it takes its monitor; connections are never waited for but in
 * {@link #stop}.
 */
public final class Proxy implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Proxy.class);
    private static final long REBIND_SECONDS = 1;
    private static final long REBALANCE_SECONDS = 1;
    private static final long DRAIN_POLL_NANOS = 20_000_000L;

    private final MultiThreadIoEventLoopGroup group;
    private final List<IoLoop> loops = new ArrayList<>();
    private final ConnectionLimit limit;
    private final Counters counters = new Counters();
    private final Bindings bindings = new Bindings(loops, counters);
    private final ConnectTimes connectTimes = new ConnectTimes();
    private final HedgeCounts.ByPool hedges = new HedgeCounts.ByPool();
    private final ScheduledExecutorService control =
            Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("proxy-control", true));
    private final Pool.Watcher poolWatcher = new PoolWatcher();
    private final Set<Pool> watched = new HashSet<>();
    private volatile Map<String, Listener> listeners = Map.of();
    private @Nullable Future<?> retry;
    private boolean stopped;

    private Proxy(ProxySettings settings, ProxyEvents events, LongSupplier clock, LongSupplier memory, Heap heap) {
        this.limit = new ConnectionLimit(settings.connections());
        HeapWatch heapWatch = new HeapWatch(heap);
        int count =
                settings.loops() > 0 ? settings.loops() : Runtime.getRuntime().availableProcessors();
        IdentityHashMap<ThreadAwareExecutor, IoHandler> handlers = new IdentityHashMap<>();
        IoHandlerFactory epoll = EpollIoHandler.newFactory();
        this.group = new MultiThreadIoEventLoopGroup(count, new LoopThreads(), executor -> {
            IoHandler handler = epoll.newHandler(executor);
            handlers.put(executor, handler);
            return handler;
        });
        for (EventExecutor executor : group) {
            loops.add(new IoLoop(
                    loops.size(),
                    (IoEventLoop) executor,
                    requireNonNull(handlers.get(executor), "handler"),
                    clock,
                    memory,
                    heapWatch,
                    () -> listeners.size(),
                    settings.bufferBytes() / count,
                    limit,
                    counters,
                    hedges,
                    events));
        }
        loops.forEach(IoLoop::start);
        Rebalancer rebalancer = new Rebalancer(loops, clock);
        var _ = control.scheduleWithFixedDelay(
                () -> rebalance(rebalancer), REBALANCE_SECONDS, REBALANCE_SECONDS, TimeUnit.SECONDS);
    }

    private void rebalance(Rebalancer rebalancer) {
        List<Pool> pools;
        synchronized (this) {
            pools = List.copyOf(watched);
        }
        try {
            rebalancer.rebalance(pools);
        } catch (Throwable e) {
            // A task that throws is not run again.
            log.atError().setCause(e).log("rebalancing failed");
        }
    }

    /**
     * Starts the event loops, without any listener.
     *
     * @throws ProxyException when this machine cannot run it
     */
    public static Proxy start(ProxySettings settings, ProxyEvents events) {
        return start(settings, events, System::nanoTime);
    }

    /** The same with a clock of one's own, which decides about idle and connect time-outs. */
    static Proxy start(ProxySettings settings, ProxyEvents events, LongSupplier clock) {
        return start(settings, events, clock, DirectMemory::free);
    }

    /** The same with a measure of one's own of the native memory that is left, in bytes. */
    static Proxy start(ProxySettings settings, ProxyEvents events, LongSupplier clock, LongSupplier memory) {
        return start(settings, events, clock, memory, OldGeneration.OF_THIS_PROCESS);
    }

    /** The same with a heap of one's own. */
    static Proxy start(ProxySettings settings, ProxyEvents events, LongSupplier clock, LongSupplier memory, Heap heap) {
        requireNonNull(settings, "settings");
        requireNonNull(events, "events");
        if (!Epoll.isAvailable()) {
            Throwable cause = Epoll.unavailabilityCause();
            throw new ProxyException(
                    "cannot load the native epoll transport for " + System.getProperty("os.arch") + ": " + cause
                            + "; it needs Linux on a processor that it was built for, and a directory that libraries"
                            + " may be loaded from (-Dio.netty.native.workdir=DIRECTORY, or -Djava.io.tmpdir)",
                    cause == null ? new UnsupportedOperationException("epoll") : cause);
        }
        return new Proxy(settings, events, clock, memory, heap);
    }

    /**
     * Makes the listeners be as planned: binds what is new, unbinds what is gone, and leaves alone what stays; its
     * connections too, also those of listeners that are gone. Either all of it happens or nothing.
     *
     * @param plans every listener, not only the changed ones; pools that stay must be the same objects
     * @throws ProxyException when addresses cannot be listened on; the message names each, why, and the remedy
     */
    public synchronized void apply(List<ListenerPlan> plans) {
        if (stopped) {
            throw new IllegalStateException("the proxy has been stopped");
        }
        Map<String, Listener> nextListeners = listenersFor(plans);
        Bindings.Change change = bindings.open(plans, nextListeners);
        for (ListenerPlan plan : plans) {
            requireNonNull(nextListeners.get(plan.name()), plan.name()).plan(plan);
        }
        change.assign();
        listeners = nextListeners;
        change.complete();
        watchPools(plans);
        change.report();
    }

    /**
     * Changes how many connections may be open at once; those beyond it stay until they end.
     *
     * @param most at least 1, see {@link Capacity}
     */
    public void connections(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("connection limit " + most + " is not positive");
        }
        limit.most(most);
    }

    /**
     * Holds a source back, to a tenth of this, while more than so many of its connections a second end before a byte is
     * answered, nine out of ten of them. Nobody is until this is called.
     *
     * @param perSecond 0 for nobody
     */
    public void fruitless(int perSecond) {
        if (perSecond < 0) {
            throw new IllegalArgumentException(perSecond + " connections a second are negative");
        }
        // One source's connections are spread over the loops by their ports, by chance: a loop that has three standard
        // deviations more than its share has them by somebody who opens more than he may, and not by chance.
        double share = (double) perSecond / loops.size();
        int most = perSecond == 0 ? 0 : (int) Math.ceil(loops.size() == 1 ? share : share + 3 * Math.sqrt(share));
        int allowed = (int) Math.max(1, share / 10);
        loops.forEach(loop -> loop.churn().limit(most, allowed));
    }

    private Map<String, Listener> listenersFor(List<ListenerPlan> plans) {
        Map<String, Listener> next = new LinkedHashMap<>();
        for (ListenerPlan plan : plans) {
            Listener existing = listeners.get(plan.name());
            Listener listener = existing == null ? new Listener(plan, connectTimes) : existing;
            if (next.put(plan.name(), listener) != null) {
                throw new ProxyException("listener \"" + plan.name() + "\" is planned twice; names must differ");
            }
        }
        return next;
    }

    private void watchPools(List<ListenerPlan> plans) {
        Set<Pool> used = new HashSet<>();
        plans.forEach(plan -> used.addAll(plan.routes().pools()));
        watched.removeIf(pool -> {
            boolean carries = pool.members().all().stream().anyMatch(member -> member.active() > 0);
            if (used.contains(pool) || carries) {
                return false;
            }
            pool.unwatch(poolWatcher);
            loops.forEach(loop -> loop.executor().execute(() -> loop.selector().forget(pool)));
            return true;
        });
        used.forEach(pool -> {
            if (watched.add(pool)) {
                pool.watch(poolWatcher);
            }
        });
        // A pool may have changed between the binding and the watching.
        reconcileLater();
    }

    /** Closes on health news, and opens and closes the ports of listeners that refuse. */
    private final class PoolWatcher implements Pool.Watcher {
        @Override
        public void healthChanged(Pool pool, Member member, Health from, Health to) {
            if (to == Health.DOWN && pool.settings().onDown() == OnDown.CLOSE) {
                closeConnections(member);
            }
        }

        @Override
        public void changed(Pool pool) {
            reconcileLater();
        }
    }

    private void reconcileLater() {
        try {
            control.execute(this::reconcile);
        } catch (RejectedExecutionException _) {
            // Stopped: no port is opened any more.
        }
    }

    /** Opens and closes ports by whether there is a member; what cannot be opened is tried again. */
    private synchronized void reconcile() {
        if (stopped) {
            return;
        }
        boolean all = bindings.reconcile(listeners.values());
        if (!all && retry == null) {
            retry = control.schedule(this::retry, REBIND_SECONDS, TimeUnit.SECONDS);
        }
    }

    private synchronized void retry() {
        retry = null;
        reconcile();
    }

    /**
     * Resets all connections of a member, on both sides; connections being opened to it go to another. The members that
     * go down are dealt with without this call when their pool says {@link OnDown#CLOSE}.
     */
    public void closeConnections(Member member) {
        loops.forEach(loop -> loop.executor().execute(() -> loop.onMemberRemoved(member)));
    }

    /**
     * Ends all connections that clients made to these addresses, as this host has given them up: idle ones at once, all
     * within some 20 ms. Any thread; returns at once.
     */
    public void closeConnectionsTo(Set<InetAddress> addresses) {
        Set<InetAddress> gone = Set.copyOf(addresses);
        for (IoLoop loop : loops) {
            try {
                loop.executor().execute(() -> loop.onAddressesLost(gone));
            } catch (RejectedExecutionException _) {
                // Stopped, and with it everything that was connected.
            }
        }
    }

    /** Where a listener listens, with the ports that the kernel chose; empty when it does not. */
    public List<InetSocketAddress> addresses(String listener) {
        Listener named = listeners.get(listener);
        return named == null ? List.of() : bindings.addresses(named.plan());
    }

    /** Whether a listener listens on all its addresses; also while a change moves it to others. */
    public boolean isBound(String listener) {
        Listener named = listeners.get(listener);
        return named != null && bindings.isBound(named);
    }

    /** For how long the most stalled event loop has not answered, beyond its heart-beat of 0.1 s; zero when all do. */
    public Duration loopsStalledFor() {
        long worst = 0;
        for (IoLoop loop : loops) {
            worst = Math.max(worst, loop.lag().stalledNanos());
        }
        return Duration.ofNanos(worst);
    }

    /** Why and for how long one of the loops has not accepted anybody; null while each would. Any thread. */
    public @Nullable NotAccepting notAccepting() {
        NotAccepting longest = null;
        for (IoLoop loop : loops) {
            NotAccepting current = loop.shortages().notAccepting();
            if (current != null && (longest == null || current.lasting().compareTo(longest.lasting()) > 0)) {
                longest = current;
            }
        }
        return longest;
    }

    /** How many connects to members failed up to now because every source port towards them was in use. */
    public long connectsWithoutPort() {
        return counters.portless.sum();
    }

    /** How many connections were reset up to now because memory was short and they held some of it for longest. */
    public long connectionsUnread() {
        return counters.unread.sum();
    }

    /** Connections that ended for nothing in the last whole second, over all loops. Any thread. */
    public Fruitless fruitless() {
        Fruitless all = Fruitless.NONE;
        for (IoLoop loop : loops) {
            all = all.plus(loop.churn().last());
        }
        return all;
    }

    /** What was counted up to now. */
    public ProxyStats snapshot() {
        List<ProxyStats.ListenerStats> ofListeners = new ArrayList<>();
        listeners.forEach((name, listener) -> ofListeners.add(listener.stats(isBound(name))));
        List<ProxyStats.LoopStats> ofLoops = new ArrayList<>();
        for (IoLoop loop : loops) {
            ofLoops.add(new ProxyStats.LoopStats(
                    loop.index(), loop.lag().worstNanos() / 1e9, loop.lag().stalledNanos() / 1e9, loop.bufferBytes()));
        }
        return new ProxyStats(
                ofListeners,
                ofLoops,
                connectTimes.stats(),
                hedges.stats(),
                limit.used(),
                limit.most(),
                notAccepting(),
                counters.pauses.sum(),
                counters.shortages.sum(),
                counters.mistakes.sum());
    }

    List<IoLoop> loops() {
        return loops;
    }

    /** Bytes in buffers after {@link #stop}; anything but 0 is a leak. */
    long buffersTaken() {
        return loops.stream().mapToLong(loop -> loop.buffers().taken()).sum();
    }

    /** A picture of every connection, taken by the loops when they get to it. */
    public CompletableFuture<List<ConnectionInfo>> connections() {
        List<CompletableFuture<List<ConnectionInfo>>> parts = new ArrayList<>();
        loops.forEach(loop -> parts.add(CompletableFuture.supplyAsync(loop::infos, loop.executor())));
        return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new)).thenApply(_ -> {
            List<ConnectionInfo> all = new ArrayList<>();
            parts.forEach(part -> all.addAll(part.join()));
            return all;
        });
    }

    /**
     * Stops: no new connections from now on, those there are may end by themselves for a while, the rest is reset. Calling
     * it again has no effect.
     *
     * @param drain how long connections may take; zero for not at all
     */
    public void stop(Duration drain) {
        if (!stopListening()) {
            return;
        }
        long endAt = System.nanoTime() + drain.toNanos();
        while (limit.used() > 0 && System.nanoTime() - endAt < 0) {
            LockSupport.parkNanos(DRAIN_POLL_NANOS);
        }
        if (limit.used() > 0) {
            log.atInfo().addKeyValue("connections", limit.used()).log("resetting connections that did not end in time");
        }
        unwatchPools();
        loops.forEach(loop -> loop.executor().submit(loop::end).awaitUninterruptibly(1, TimeUnit.SECONDS));
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }

    private synchronized boolean stopListening() {
        if (stopped) {
            return false;
        }
        stopped = true;
        control.shutdown();
        bindings.close();
        return true;
    }

    private synchronized void unwatchPools() {
        watched.forEach(pool -> pool.unwatch(poolWatcher));
        watched.clear();
    }

    /** Stops at once. */
    @Override
    public void close() {
        stop(Duration.ZERO);
    }

    /** Names the threads of the loops "io-N". */
    private static final class LoopThreads extends DefaultThreadFactory {
        private int count;

        LoopThreads() {
            super("io", true);
        }

        @Override
        public Thread newThread(Runnable task) {
            Thread thread = super.newThread(task);
            thread.setName("io-" + count++);
            return thread;
        }
    }
}
