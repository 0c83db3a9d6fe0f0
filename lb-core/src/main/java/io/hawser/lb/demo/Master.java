package io.hawser.lb.demo;

import io.hawser.sysctl.net.AddressText;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** A stand-in for an API server: HTTPS on one port, every answer is its name. Start and stop from one thread; serves on its own loop. */
public final class Master implements AutoCloseable {
    private static final long DRAIN_MILLIS = 2_000;

    private final String name;
    private final EventLoopGroup loop;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Channel listener;

    private Master(String name, InetSocketAddress bind, SslContext tls) {
        this.name = name;
        this.loop = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("master-" + name, true), EpollIoHandler.newFactory());
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loop)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        channel.pipeline()
                                .addLast(
                                        tls.newHandler(channel.alloc()),
                                        new HttpServerCodec(),
                                        new HttpServerKeepAliveHandler(),
                                        new Answer(name));
                    }
                });
        try {
            this.listener = bootstrap.bind(bind).syncUninterruptibly().channel();
        } catch (RuntimeException e) {
            var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            throw e;
        }
    }

    /** Starts a master; port 0 takes a free one. */
    static Master start(String name, InetSocketAddress bind, DemoCertificate certificate) {
        try {
            return new Master(
                    name,
                    bind,
                    SslContextBuilder.forServer(certificate.key(), certificate.certificate())
                            .build());
        } catch (IOException e) {
            throw DemoException.failed("TLS of master %s: %s".formatted(name, e.getMessage()));
        }
    }

    /** Where it listens. */
    InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    /** Stops serving at once: the port refuses, open connections end. May be called twice. */
    @Override
    public void close() {
        if (loop.isShuttingDown()) {
            return;
        }
        listener.close().syncUninterruptibly();
        connections.close().awaitUninterruptibly(1_000);
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
    }

    /** Accepts nothing more, and waits shortly for the connections to end. */
    private void drain() {
        listener.close().syncUninterruptibly();
        connections.newCloseFuture().awaitUninterruptibly(DRAIN_MILLIS);
    }

    /**
     * A master as a process of its own: {@code NAME ADDRESS PORT CERTIFICATE_PEM KEY_PEM}. It ends when its standard input does, so that it never
     * outlives the demo.
     */
    public static void main(String[] args) throws IOException {
        // In memory only. The default kind derives its key from no password in 20,000 rounds, half of what a master's
        // start costs.
        SslContext tls = SslContextBuilder.forServer(new File(args[3]), new File(args[4]))
                .keyStoreType("JKS")
                .build();
        try (Master master = new Master(args[0], new InetSocketAddress(args[1], Integer.parseInt(args[2])), tls)) {
            System.out.println("master " + master.name + " serves at " + AddressText.of(master.address()));
            while (System.in.read() >= 0) {
                // Nothing is ever written to it.
            }
            master.drain();
        }
    }

    @ChannelHandler.Sharable
    private static final class Answer extends SimpleChannelInboundHandler<HttpRequest> {
        private final byte[] body;

        Answer(String name) {
            super(HttpRequest.class);
            this.body = (name + "\n").getBytes(StandardCharsets.US_ASCII);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HttpRequest request) {
            FullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(body));
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, "text/plain")
                    .set(HttpHeaderNames.CONTENT_LENGTH, body.length);
            var _ = ctx.writeAndFlush(response);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // A peer that goes away, or a check that only connects, is everyday life of a server.
            var _ = ctx.close();
        }
    }
}
