package io.hawser.lb.admin;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.net.AddressText;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * HTTP on the admin port and the unix socket, on one thread of its own named {@code admin}, which answers the health
 * paths itself; other pages are made on another thread. The port only reads; what changes something is taken on the
 * unix socket. Public methods: any thread.
 */
public final class AdminServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AdminServer.class);
    private static final long SWEEP_MILLIS = 250;
    private static final long PREPARE_AFTER_MILLIS = 1_000;
    private static final int SEND_BUFFER = 128 * 1024;

    /** How much may wait for a client to read, besides what the kernel holds, before nothing more is written. */
    private static final WriteBufferWaterMark UNREAD = new WriteBufferWaterMark(8 * 1024, 16 * 1024);

    private final AdminLimits limits;
    private final LongSupplier clock;
    private final EventLog events;
    private final Metrics metrics;
    private final Views views;
    private final MultiThreadIoEventLoopGroup group;
    private final EventLoop loop;
    private final List<Channel> servers = new CopyOnWriteArrayList<>();
    private final AtomicBoolean pumpIsDue = new AtomicBoolean();
    private final Runnable wakeUp = this::wake;
    private volatile @Nullable UnixSocket unixSocket;
    private volatile @Nullable Port bound;

    private final ExecutorService renderer;
    private final Map<Closed, LongAdder> closed = new EnumMap<>(Closed.class);
    private volatile Map<String, Long> active = Map.of();
    private volatile long sweptAt;
    private volatile Hosts hosts = Hosts.LOCAL;

    // From here on: admin thread only.
    private final Pages pages;
    private final Places<AdminConnection> port;
    private final Places<AdminConnection> socket;
    private final List<AdminConnection> followers = new ArrayList<>();
    private final Crowding crowding;

    private AdminServer(AdminSources sources, AdminLimits limits, LongSupplier clock) {
        this.limits = limits;
        this.clock = clock;
        sweptAt = clock.getAsLong();
        this.events = sources.events();
        this.metrics = sources.metrics();
        views = new Views(sources, clock);
        port = new Places<>(limits.connections(), limits.perSource(), AdminConnection::activeAt);
        port.keepFor(Set.of(Source.LOOPBACK));
        socket = new Places<>(limits.perSource(), limits.perSource(), AdminConnection::activeAt);
        crowding = new Crowding(events);
        for (Closed why : Closed.values()) {
            closed.put(why, new LongAdder());
        }
        group = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("admin", true), EpollIoHandler.newFactory());
        loop = group.next();
        renderer = Executors.newSingleThreadExecutor(new DefaultThreadFactory("admin-pages", true));
        pages = new Pages(sources, clock, renderer, loop);
        register(metrics.families());
    }

    /**
     * Starts the admin thread; nothing is bound yet.
     *
     * @param sources what it shows
     */
    public static AdminServer start(AdminSources sources) {
        return start(sources, AdminLimits.DEFAULT, System::nanoTime);
    }

    /** The same; {@code clock} counts nanoseconds, as System.nanoTime, and is read on any thread. */
    static AdminServer start(AdminSources sources, AdminLimits limits, LongSupplier clock) {
        var server = new AdminServer(requireNonNull(sources, "sources"), limits, clock);
        server.events.wakeAfterAppend(server.wakeUp);
        var _ = server.loop.schedule(server::prepareMetrics, PREPARE_AFTER_MILLIS, TimeUnit.MILLISECONDS);
        var _ = server.loop.scheduleWithFixedDelay(server::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
        return server;
    }

    /**
     * How many connections there may be, on the port and on the socket.
     *
     * @param nodes how many addresses places are kept for
     */
    public static int mostConnections(int nodes) {
        AdminLimits limits = AdminLimits.DEFAULT;
        int kept = nodes + Set.of(Source.LOOPBACK, Source.SOCKET).size();
        return limits.connections() + limits.perSource() * kept;
    }

    /**
     * Keeps places on the port for whoever comes from {@code addresses}, besides loopback: whatever others do there, they
     * are answered.
     *
     * @param addresses those of the nodes
     */
    public void keepPlacesFor(Set<InetAddress> addresses) {
        Set<Source> sources = new HashSet<>(Set.of(Source.LOOPBACK));
        addresses.forEach(address -> sources.add(Source.of(address)));
        loop.execute(() -> port.keepFor(sources));
    }

    /** By which names the port is asked from now on; the health paths are answered by whichever name. */
    public void askedBy(Hosts known) {
        hosts = requireNonNull(known, "known");
    }

    Hosts hosts() {
        return hosts;
    }

    /**
     * Answers on {@code bind}, reading only.
     *
     * @return the address with the port that was taken
     * @throws AdminException when the address or port cannot be had
     */
    public InetSocketAddress listen(InetSocketAddress bind) {
        try {
            return bindPort(bind).address();
        } catch (Exception e) {
            interruptIfNeeded(e);
            throw new AdminException(
                    "cannot listen on admin.bind " + AddressText.of(bind) + ": " + e.getMessage()
                            + "; `ss -ltnp 'sport = :" + bind.getPort()
                            + "'` shows who has the port; stop it or set another admin.bind",
                    e);
        }
    }

    /**
     * Answers on {@code bind} instead of the address it answers on now. Connections that are open go on: a peer that lost
     * its connection and then found the port closed would take this process for dead.
     *
     * @throws AdminException when the address or port cannot be had; then it goes on as before
     */
    public synchronized void rebind(InetSocketAddress bind) {
        Port before = bound;
        if (before == null) {
            listen(bind);
            return;
        }
        InetSocketAddress held = before.address();
        if (held.getPort() != bind.getPort()) {
            listen(bind);
            unbind(before);
            return;
        }
        // The same port on one and on all addresses exclude each other, so here the old one must go first.
        unbind(before);
        try {
            listen(bind);
        } catch (AdminException e) {
            listen(held);
            throw e;
        }
    }

    private void unbind(Port port) {
        for (Channel each : port.channels()) {
            each.close().awaitUninterruptibly(1_000);
            servers.remove(each);
        }
    }

    /**
     * What listens on the port, the bound address first. Where that is all addresses, loopback has a socket of its own: else
     * kubelet would wait behind all those that have connected and are not accepted yet.
     */
    private record Port(List<Channel> channels) {
        InetSocketAddress address() {
            return (InetSocketAddress) channels.getFirst().localAddress();
        }
    }

    private Port bindPort(InetSocketAddress bind) throws Exception {
        Channel main = bind(portBootstrap(), bind, Commands.NONE, port);
        List<Channel> channels = new ArrayList<>(List.of(main));
        if (bind.getAddress().isAnyLocalAddress()) {
            boolean isSix = bind.getAddress() instanceof Inet6Address;
            for (String loopback : isSix ? List.of("::1", "127.0.0.1") : List.of("127.0.0.1")) {
                try {
                    channels.add(bindLoopback(main, loopback));
                } catch (Exception e) {
                    interruptIfNeeded(e);
                    log.atWarn()
                            .addKeyValue("address", loopback)
                            .setCause(e)
                            .log("listening on loopback failed; local clients share the admin port with all others");
                }
            }
        }
        Port both = new Port(List.copyOf(channels));
        bound = both;
        return both;
    }

    /** Both are shared for that moment only: nobody else may have the port, of whichever process. */
    private Channel bindLoopback(Channel main, String loopback) throws Exception {
        int taken = ((InetSocketAddress) main.localAddress()).getPort();
        main.config().setOption(EpollChannelOption.SO_REUSEPORT, true);
        try {
            Channel own = bind(
                    portBootstrap().option(EpollChannelOption.SO_REUSEPORT, true),
                    new InetSocketAddress(InetAddress.ofLiteral(loopback), taken),
                    Commands.NONE,
                    port);
            own.config().setOption(EpollChannelOption.SO_REUSEPORT, false);
            return own;
        } finally {
            main.config().setOption(EpollChannelOption.SO_REUSEPORT, false);
        }
    }

    private static ServerBootstrap portBootstrap() {
        return new ServerBootstrap()
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(EpollChannelOption.TCP_USER_TIMEOUT, 30_000)
                // What the kernel would hold else for a client that does not read is some megabytes.
                .childOption(ChannelOption.SO_SNDBUF, SEND_BUFFER);
    }

    /**
     * Answers on a unix socket that only this user may open, and takes commands there.
     *
     * @param path where its file appears; the folder is made when absent, the file of a dead process replaced
     * @throws AdminException when the path cannot be had, or another process answers there
     */
    public void listen(Path path, Commands commands) {
        var file = new UnixSocket(path);
        Path hidden = file.prepare();
        try {
            bind(
                    new ServerBootstrap().channel(EpollServerDomainSocketChannel.class),
                    new DomainSocketAddress(hidden.toFile()),
                    commands,
                    socket);
            file.publish();
        } catch (AdminException e) {
            file.remove();
            throw e;
        } catch (Exception e) {
            file.remove();
            interruptIfNeeded(e);
            throw new AdminException(
                    "cannot listen on admin.socket " + path + ": " + e.getMessage()
                            + "; make its folder writable or choose another admin.socket",
                    e);
        }
        unixSocket = file;
    }

    /** Stops answering, closes every connection, removes the socket's file and ends the thread; within 2 s. */
    @Override
    public void close() {
        events.forget(wakeUp);
        servers.forEach(server -> server.close().awaitUninterruptibly(1_000));
        UnixSocket file = unixSocket;
        if (file != null) {
            file.remove();
        }
        if (!group.isShuttingDown()) {
            loop.submit(() -> open().forEach(AdminConnection::close)).awaitUninterruptibly(1_000);
        }
        renderer.shutdownNow();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(1_500);
    }

    /** Whether the thread is gone, waiting at most {@code millis} for it. */
    boolean hasEnded(long millis) {
        return group.terminationFuture().awaitUninterruptibly(millis);
    }

    private Channel bind(
            ServerBootstrap bootstrap, SocketAddress address, Commands commands, Places<AdminConnection> places)
            throws Exception {
        Channel channel = bootstrap
                .group(group)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                // One small read at a time bounds what a client can have waiting here.
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(4_096).maxMessagesPerRead(1))
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, UNREAD)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel child) {
                        accept(child, commands, places);
                    }
                })
                .bind(address)
                .sync()
                .channel();
        servers.add(channel);
        return channel;
    }

    private void accept(Channel child, Commands commands, Places<AdminConnection> places) {
        Source source = Source.of(child.remoteAddress(), places.kept());
        var connection = new AdminConnection(this, views, commands, limits, source, child, clock.getAsLong());
        switch (places.enter(source, connection)) {
            case Places.Entry.Free() -> {}
            case Places.Entry.InsteadOf(AdminConnection idle, Source greedy, int had) -> {
                count(Closed.CROWDED);
                crowding.madeRoom(greedy, had, clock.getAsLong());
                idle.close();
            }
            case Places.Entry.Full() -> {
                count(Closed.TURNED_AWAY);
                crowding.turnedAway(source, clock.getAsLong());
                child.pipeline().addLast(new TurnedAway());
                return;
            }
        }
        child.closeFuture().addListener(gone -> {
            places.leave(source, connection);
            followers.remove(connection);
            pages.forget(connection);
            counted();
        });
        counted();
        connection.install();
    }

    /** Whether one more may follow the events; it is then told of each. Admin thread. */
    boolean follow(AdminConnection connection) {
        Source source = connection.source();
        long same = followers.stream()
                .filter(follower -> follower.source().equals(source))
                .count();
        long strangers = followers.stream()
                .filter(follower -> !hasPlaceKept(follower.source()))
                .count();
        return same < limits.followersPerSource()
                && (hasPlaceKept(source) || strangers < limits.followers())
                && followers.add(connection);
    }

    private boolean hasPlaceKept(Source source) {
        return source.equals(Source.SOCKET) || port.isKept(source);
    }

    Pages pages() {
        return pages;
    }

    /** What the clock says by which all times of connections are counted. */
    long now() {
        return clock.getAsLong();
    }

    /** Counts a connection that this side closed. Admin thread. */
    void count(Closed why) {
        closed.getOrDefault(why, new LongAdder()).increment();
    }

    long closedSoFar(Closed why) {
        return closed.getOrDefault(why, new LongAdder()).sum();
    }

    private void counted() {
        long strangers = port.strangers();
        active = Map.of("other", strangers, "kept", port.all().size() - strangers, "socket", (long)
                socket.all().size());
    }

    private void register(MetricFamilies families) {
        families.gauge(
                "hawser_admin_connections",
                "Open connections to the admin port and socket, by kind of client",
                rows -> active.forEach((kind, count) -> rows.count(count, "kind", kind)));
        families.counter(
                "hawser_admin_connections_closed",
                "Connections to the admin port and socket that this node closed, by reason",
                rows -> closed.forEach((why, count) -> rows.count(count.sum(), "reason", why.label())));
    }

    private List<AdminConnection> open() {
        List<AdminConnection> all = new ArrayList<>(port.all());
        all.addAll(socket.all());
        return all;
    }

    EventLog events() {
        return events;
    }

    /** Loads what the first scrape needs, on another thread and after the start: it takes longer than either can wait. */
    private void prepareMetrics() {
        Thread.ofPlatform().daemon().name("metrics").start(metrics::prepare);
    }

    private void wake() {
        if (pumpIsDue.compareAndSet(false, true)) {
            try {
                loop.execute(this::pump);
            } catch (RejectedExecutionException e) {
                log.atDebug().log("event ignored: the admin thread has stopped");
            }
        }
    }

    private void pump() {
        pumpIsDue.set(false);
        List.copyOf(followers).forEach(AdminConnection::pump);
    }

    /** For how long the admin thread has not come round, which it does four times a second. Any thread. */
    public Duration stalledFor() {
        return Duration.ofNanos(Math.max(0, clock.getAsLong() - sweptAt));
    }

    private void sweep() {
        long now = clock.getAsLong();
        sweptAt = now;
        try {
            pages.sweep();
        } catch (RuntimeException e) {
            log.atWarn().setCause(e).log("refreshing the pages failed");
        }
        for (AdminConnection connection : open()) {
            try {
                connection.sweep(now);
            } catch (RuntimeException e) {
                // An exception that left this method would end the sweeping for ever.
                log.atWarn().setCause(e).log("admin connection failed");
                connection.close();
            }
        }
    }

    private static void interruptIfNeeded(Exception e) {
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
    }
}
