package io.hawser.healthcheck;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The thread "health": one event loop for all checks and peer probes, apart from the data path so that a stalled proxy
 * does not stall its checks. Public methods may be called by any thread. Close what runs on it first.
 */
public final class HealthLoop implements AutoCloseable {
    private static final long QUIET_MILLIS = 50;
    private static final long STOP_SECONDS = 5;

    private final MultiThreadIoEventLoopGroup group;
    private final EventLoop eventLoop;
    private final Class<? extends Channel> channelType;
    private final LoopClock clock;
    private final LongSupplier nanoTime;

    /** Starts the thread; on epoll where it is available, else on NIO. */
    public HealthLoop() {
        this(Epoll.isAvailable());
    }

    HealthLoop(boolean epoll) {
        this(epoll, System::nanoTime);
    }

    /** @param nanoTime what its lateness is told by, on the scale of System.nanoTime() */
    HealthLoop(boolean epoll, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        IoHandlerFactory handlers = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        channelType = epoll ? EpollSocketChannel.class : NioSocketChannel.class;
        group = new MultiThreadIoEventLoopGroup(
                1,
                new DefaultThreadFactory("health", true) {
                    @Override
                    public Thread newThread(Runnable task) {
                        var thread = super.newThread(task);
                        thread.setName("health");
                        return thread;
                    }
                },
                handlers);
        eventLoop = group.next();
        clock = new LoopClock(nanoTime.getAsLong());
        var _ = eventLoop.scheduleWithFixedDelay(
                () -> clock.tick(nanoTime.getAsLong()),
                LoopClock.TICK_NANOS,
                LoopClock.TICK_NANOS,
                TimeUnit.NANOSECONDS);
    }

    /** How late this loop is, in nanoseconds: it grows while the loop stands still. Any thread. */
    public long lagNanos() {
        return clock.lagNanos(nanoTime.getAsLong());
    }

    /** Stops the thread and closes every connection of it; waits up to 5 s. Must not be called on the loop itself. */
    @Override
    public void close() {
        if (eventLoop.inEventLoop()) {
            throw new IllegalStateException("the health loop cannot wait for its own end; close it on another thread");
        }
        // Without a quiet time Netty drops tasks that take connections apart, and with them what these hold.
        var stopped = group.shutdownGracefully(QUIET_MILLIS, STOP_SECONDS * 1000, TimeUnit.MILLISECONDS);
        if (!stopped.awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the health loop did not stop within " + STOP_SECONDS + " s");
        }
    }

    EventLoop eventLoop() {
        return eventLoop;
    }

    /** The present moment on a scale that stands still while the loop does. */
    long running() {
        return clock.running(nanoTime.getAsLong());
    }

    /** Connects without a time limit of its own: limits are counted in running time by {@link Deadline}. */
    Bootstrap bootstrap() {
        return new Bootstrap()
                .group(eventLoop)
                .channel(channelType)
                .resolver(NoopAddressResolverGroup.INSTANCE)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0);
    }
}
