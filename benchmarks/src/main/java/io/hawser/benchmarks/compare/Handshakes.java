package io.hawser.benchmarks.compare;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.internal.tcnative.SSL;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * TLS connections one after the other on sixteen ways: connect, shake hands, one request, end. wrk takes sessions up again
 * as it pleases; here it is known. Everything but {@link #run} is on one event loop.
 */
final class Handshakes {
    private static final int WAYS = 16;
    private static final ByteBuf REQUEST = Unpooled.unreleasableBuffer(Unpooled.directBuffer()
            .writeBytes("GET /1k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII)));

    private final int port;
    private final boolean resumes;
    private final SslContext context;
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final CountDownLatch ended = new CountDownLatch(WAYS);
    private final List<Long> micros = new ArrayList<>();
    private long endAt;
    private int failed;
    private int resumed;

    private Handshakes(int port, boolean resumes) throws SSLException {
        this.port = port;
        this.resumes = resumes;
        this.context = SslContextBuilder.forClient()
                .sslProvider(SslProvider.OPENSSL)
                .protocols("TLSv1.3")
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .endpointIdentificationAlgorithm(null)
                .build();
    }

    /**
     * Makes connections for some time; waits.
     *
     * @param port of 127.0.0.1
     * @param resumes whether sessions are taken up again
     * @param seconds for how long
     */
    static Load run(int port, boolean resumes, int seconds) {
        try {
            return new Handshakes(port, resumes).run(seconds);
        } catch (SSLException e) {
            throw new CompareException("no TLS client: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompareException("interrupted while connections were made", e);
        }
    }

    private Load run(int seconds) throws InterruptedException {
        endAt = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        try {
            for (int i = 0; i < WAYS; i++) {
                group.execute(this::next);
            }
            if (!ended.await(seconds + 20L, TimeUnit.SECONDS)) {
                throw new CompareException("TLS connections to port " + port + " hang");
            }
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await();
        }
        long[] sorted = micros.stream().mapToLong(Long::longValue).sorted().toArray();
        if (sorted.length == 0) {
            throw new CompareException("no TLS connection to port " + port + " was answered; " + failed + " failed");
        }
        return new Load(sorted.length, Client.latency(sorted), words(sorted.length));
    }

    private String words(int done) {
        String failures = failed == 0 ? "" : failed + " failed";
        // The first of each way cannot be resumed, and a ticket may run out.
        boolean asMeant = resumes ? resumed > done * 0.9 : resumed == 0;
        return asMeant
                ? failures
                : failures + (failures.isEmpty() ? "" : ", ") + resumed + " of " + done + " were resumed";
    }

    private void next() {
        if (System.nanoTime() - endAt >= 0) {
            ended.countDown();
            return;
        }
        var _ = new Bootstrap()
                .group(group)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new Way(System.nanoTime()))
                .connect(InetAddress.getLoopbackAddress(), port)
                .addListener(connected -> {
                    if (!connected.isSuccess()) {
                        failed++;
                        next();
                    }
                });
    }

    /** One connection. */
    private final class Way extends ChannelInitializer<Channel> {
        private final long startedAt;

        Way(long startedAt) {
            this.startedAt = startedAt;
        }

        @Override
        protected void initChannel(Channel channel) {
            // A session is found again by the name and port of the server.
            SSLEngine engine = resumes
                    ? context.newEngine(channel.alloc(), "localhost", port)
                    : context.newEngine(channel.alloc());
            channel.pipeline().addLast(new SslHandler(engine), new Exchange(engine, startedAt));
        }
    }

    /** Its request and answer. */
    private final class Exchange extends SimpleChannelInboundHandler<ByteBuf> {
        private final SSLEngine engine;
        private final long startedAt;
        private int received;

        Exchange(SSLEngine engine, long startedAt) {
            this.engine = engine;
            this.startedAt = startedAt;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext way, Object event) {
            if (event instanceof SslHandshakeCompletionEvent done && done.isSuccess()) {
                if (SSL.isSessionReused(((ReferenceCountedOpenSslEngine) engine).sslPointer())) {
                    resumed++;
                }
                var _ = way.writeAndFlush(REQUEST.duplicate());
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext way, ByteBuf answer) {
            received += answer.readableBytes();
        }

        @Override
        public void channelInactive(ChannelHandlerContext way) {
            if (received > 1024) {
                micros.add((System.nanoTime() - startedAt) / 1000);
            } else {
                failed++;
            }
            next();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext way, @Nullable Throwable cause) {
            var _ = way.close();
        }
    }
}
