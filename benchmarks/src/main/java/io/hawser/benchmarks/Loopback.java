package io.hawser.benchmarks;

import io.hawser.benchmarks.EchoServer.Afterwards;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.proxy.ListenerPlan;
import io.hawser.lb.proxy.Proxy;
import io.hawser.lb.proxy.ProxyEvents;
import io.hawser.lb.proxy.ProxySettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;

/**
 * A way to an echo server on loopback, straight or through a real proxy with one event loop, and the client at its near
 * end. Used by one thread.
 *
 * <p>The client blocks in system calls of its own and shares no event loop with the proxy or the server, so that the
 * difference between the two ways is the proxy.
 */
final class Loopback implements AutoCloseable {
    /** The bytes of a request, and of its answer: about those of a small HTTP request. */
    static final int EXCHANGE_BYTES = 128;

    private static final int CONNECTIONS = 1_000;
    private static final long BUFFER_BYTES = 8 << 20;

    private final EchoServer server;
    private final List<Proxy> proxies;
    private final InetSocketAddress address;
    private final ByteBuffer request = ByteBuffer.allocateDirect(EXCHANGE_BYTES);
    private final ByteBuffer answer = ByteBuffer.allocateDirect(EXCHANGE_BYTES);

    private Loopback(EchoServer server, List<Proxy> proxies, InetSocketAddress address) {
        this.server = server;
        this.proxies = proxies;
        this.address = address;
    }

    /** The way that the proxy is compared with. */
    static Loopback direct(Afterwards afterwards) {
        EchoServer server = EchoServer.start(EXCHANGE_BYTES, afterwards);
        return new Loopback(server, List.of(), server.address());
    }

    /** The way through a proxy with the server as its only member. */
    static Loopback proxied(Afterwards afterwards) {
        EchoServer server = EchoServer.start(EXCHANGE_BYTES, afterwards);
        Proxy proxy = proxy(server.address());
        return new Loopback(server, List.of(proxy), proxy.addresses("api").getFirst());
    }

    /** The way through a proxy before a proxy: a relay that does its work twice. */
    static Loopback proxiedTwice(Afterwards afterwards) {
        EchoServer server = EchoServer.start(EXCHANGE_BYTES, afterwards);
        Proxy near = proxy(server.address());
        Proxy far = proxy(near.addresses("api").getFirst());
        return new Loopback(server, List.of(far, near), far.addresses("api").getFirst());
    }

    private static Proxy proxy(InetSocketAddress server) {
        Member member = new Member("echo", "m1", server, 100);
        Pool pool = new Pool("echo", PoolSettings.DEFAULTS, List.of(member));
        pool.health(member, Member.Health.UP);
        Proxy proxy = Proxy.start(new ProxySettings(1, CONNECTIONS, BUFFER_BYTES), ProxyEvents.NONE);
        proxy.apply(List.of(ListenerPlan.of("api", new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), pool)));
        return proxy;
    }

    /** Opens a connection. */
    SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(address);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return channel;
    }

    /**
     * Sends a request and waits for all of its answer.
     *
     * @return the bytes received, {@link #EXCHANGE_BYTES}
     */
    int exchange(SocketChannel channel) throws IOException {
        send(channel);
        return receive(channel);
    }

    /** Sends a request. */
    void send(SocketChannel channel) throws IOException {
        request.clear();
        while (request.hasRemaining()) {
            channel.write(request);
        }
    }

    /** Waits for all of an answer; as {@link #exchange}. */
    int receive(SocketChannel channel) throws IOException {
        answer.clear();
        while (answer.hasRemaining()) {
            if (channel.read(answer) < 0) {
                throw new IllegalStateException("the answer ended after " + answer.position() + " bytes instead of "
                        + EXCHANGE_BYTES + " on the way over " + address);
            }
        }
        return answer.position();
    }

    /** Waits for the other side to close. */
    void awaitEnd(SocketChannel channel) throws IOException {
        answer.clear();
        int count = channel.read(answer);
        if (count >= 0) {
            throw new IllegalStateException(count + " bytes after the answer instead of its end");
        }
    }

    /** Ends the proxy and the server. */
    @Override
    public void close() {
        for (Proxy proxy : proxies) {
            proxy.close();
            long defects = proxy.snapshot().defects();
            if (defects != 0) {
                throw new IllegalStateException("the proxy counted " + defects + " defects of its own");
            }
        }
        server.close();
    }
}
