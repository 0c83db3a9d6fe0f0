package io.hawser.lb.demo;

import io.hawser.sysctl.net.AddressText;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The client: begins a new HTTPS connection every few milliseconds, whatever became of those before, and notes what each came to. An attempt
 * that has no answer after a second has failed. A beat that a busy machine made it miss is not made up for: a burst would measure itself. It checks the masters' certificate: the load balancer in between must not end TLS.
 * Its own loop does the work; the methods may be called from any thread.
 */
public final class Probe implements AutoCloseable {
    /** How long an attempt may take. */
    private static final Duration LIMIT = Duration.ofSeconds(1);

    /** How long attempts are remembered. */
    private static final long MEMORY_NANOS = Duration.ofMinutes(1).toNanos();

    private final EventLoopGroup loop;
    private final Bootstrap bootstrap;
    private final InetSocketAddress target;

    private final Object lock = new Object();
    private final ArrayDeque<Attempt> attempts = new ArrayDeque<>();
    private final Map<String, Long> servedByMaster = new TreeMap<>();
    private long failed;

    private Probe(InetSocketAddress target, X509Certificate trusted) {
        this.target = target;
        this.loop = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("client", true), EpollIoHandler.newFactory());
        SslContext tls = clientTls(trusted);
        String host = AddressText.of(target.getAddress());
        this.bootstrap = new Bootstrap()
                .group(loop)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) LIMIT.toMillis())
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        SslHandler ssl = tls.newHandler(channel.alloc(), host, target.getPort());
                        ssl.setHandshakeTimeoutMillis(0); // the limit of the whole attempt decides
                        channel.pipeline().addLast(ssl, new HttpClientCodec(), new HttpObjectAggregator(4096));
                    }
                });
    }

    /** Starts probing from the network of the calling thread: its loop's thread is started by this one. */
    static Probe start(InetSocketAddress target, X509Certificate trusted, Duration interval) {
        Probe probe = new Probe(target, trusted);
        var _ = probe.loop.next().scheduleWithFixedDelay(probe::attempt, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
        return probe;
    }

    private static SslContext clientTls(X509Certificate trusted) {
        try {
            return SslContextBuilder.forClient()
                    .trustManager(trusted)
                    .endpointIdentificationAlgorithm("HTTPS")
                    .build();
        } catch (SSLException e) {
            throw DemoException.failed("TLS of the client: " + e.getMessage());
        }
    }

    /** What the client saw between two moments of the last minute, on the {@link System#nanoTime()} scale. */
    public Observation observe(long fromAt, long toAt) {
        synchronized (lock) {
            return Observation.of(List.copyOf(attempts), fromAt, toAt);
        }
    }

    /** Requests served since the start, by master. */
    Map<String, Long> served() {
        synchronized (lock) {
            return Map.copyOf(servedByMaster);
        }
    }

    /** Requests failed since the start. */
    long failed() {
        synchronized (lock) {
            return failed;
        }
    }

    @Override
    public void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
    }

    private void attempt() {
        long startAt = System.nanoTime();
        try {
            // connect() makes the socket on the calling thread, which is the one in the client's network.
            ChannelFuture connecting = bootstrap.connect(target);
            Channel channel = connecting.channel();
            Outcome outcome = new Outcome(channel, startAt);
            outcome.limit = channel.eventLoop()
                    .schedule(() -> outcome.end(false, "timeout"), LIMIT.toNanos(), TimeUnit.NANOSECONDS);
            channel.pipeline().addLast(outcome);
            connecting.addListener(done -> {
                if (!done.isSuccess()) {
                    outcome.end(false, reason(done.cause()));
                }
            });
        } catch (RuntimeException e) {
            // No socket: an attempt that failed like any other, and the probe goes on.
            note(new Attempt(startAt, System.nanoTime(), false, reason(e)));
        }
    }

    private void note(Attempt attempt) {
        synchronized (lock) {
            attempts.add(attempt);
            while (attempt.endAt() - attempts.getFirst().endAt() > MEMORY_NANOS) {
                attempts.removeFirst();
            }
            if (attempt.served()) {
                servedByMaster.merge(attempt.detail(), 1L, Long::sum);
            } else {
                failed++;
            }
        }
    }

    private static String reason(Throwable cause) {
        String text = String.valueOf(cause.getMessage());
        if (text.contains("refused")) {
            return "refused";
        } else if (text.contains("reset")) {
            return "reset";
        } else if (text.contains("unreachable") || text.contains("No route")) {
            return "unreachable";
        } else if (text.contains("timed out")) {
            return "timeout";
        } else if (cause instanceof SSLException) {
            return "tls";
        }
        return cause instanceof IOException ? "io" : cause.getClass().getSimpleName();
    }

    /** One attempt under way; on the loop only. */
    private final class Outcome extends SimpleChannelInboundHandler<FullHttpResponse> {
        private final Channel channel;
        private final long startAt;
        private boolean isOver;

        @Nullable
        Future<?> limit;

        Outcome(Channel channel, long startAt) {
            super(FullHttpResponse.class);
            this.channel = channel;
            this.startAt = startAt;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            HttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
            request.headers().set(HttpHeaderNames.HOST, "hawser").set(HttpHeaderNames.CONNECTION, "close");
            var _ = ctx.writeAndFlush(request);
            ctx.fireChannelActive();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            end(false, "closed");
            ctx.fireChannelInactive();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpResponse response) {
            int status = response.status().code();
            end(
                    status == 200,
                    status == 200
                            ? response.content()
                                    .toString(StandardCharsets.US_ASCII)
                                    .strip()
                            : "status " + status);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            end(false, reason(cause));
        }

        void end(boolean served, String detail) {
            if (isOver) {
                return;
            }
            isOver = true;
            if (limit != null) {
                limit.cancel(false);
            }
            note(new Attempt(startAt, System.nanoTime(), served, detail));
            var _ = channel.close();
        }
    }
}
