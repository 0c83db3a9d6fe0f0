package io.hawser.benchmarks;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** A server on loopback that sends back what it gets, on one thread of its own. Any thread may close it. */
final class EchoServer implements AutoCloseable {

    /** What the server does when it has sent back a whole exchange. */
    enum Afterwards {
        /** It waits for the next one. */
        KEEPS_OPEN,
        /** It closes first, so that no port of the client's is left in TIME_WAIT and a long run has ports enough. */
        CLOSES
    }

    private static final int BACKLOG = 1024;

    private final MultiThreadIoEventLoopGroup group;
    private final Channel listening;

    private EchoServer(MultiThreadIoEventLoopGroup group, Channel listening) {
        this.group = group;
        this.listening = listening;
    }

    /**
     * Starts a server on a free port.
     *
     * @param exchangeBytes the length of one exchange in each direction
     */
    static EchoServer start(int exchangeBytes, Afterwards afterwards) {
        var group =
                new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("echo", true), EpollIoHandler.newFactory());
        Channel listening = new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new Echo(exchangeBytes, afterwards));
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
        return new EchoServer(group, listening);
    }

    /** Where it listens. */
    InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    /** Stops listening, and ends its connections and its thread. */
    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /** One connection; used by its event loop. */
    private static final class Echo extends ChannelInboundHandlerAdapter {
        private final int exchangeBytes;
        private final Afterwards afterwards;
        private int received;

        Echo(int exchangeBytes, Afterwards afterwards) {
            this.exchangeBytes = exchangeBytes;
            this.afterwards = afterwards;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            received += ((ByteBuf) message).readableBytes();
            var written = context.writeAndFlush(message);
            if (afterwards == Afterwards.CLOSES && received >= exchangeBytes) {
                written.addListener(ChannelFutureListener.CLOSE);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // The client sees the end and says so; a server that goes away at the end of a run has nothing to add.
            var _ = context.close();
        }
    }
}
