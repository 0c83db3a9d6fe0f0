package io.hawser.lb.daemon;

import io.hawser.testkit.Await;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Clients that arrive every few milliseconds, one after the other, connect, wait for the member's name and leave. Runs on one
 * thread, whose network namespace they are in, until it is told to end.
 */
final class Arrivals {
    private static final long EVERY_NANOS = Duration.ofMillis(3).toNanos();
    private static final long PATIENCE_NANOS = Await.LIMIT.toNanos();

    private final InetSocketAddress server;
    private final List<Client> all = new ArrayList<>();
    private volatile boolean isEnding;
    private volatile int served;

    /** One of them, from its first packet on. */
    static final class Client {
        private final long beganAt = System.nanoTime();
        private final SocketChannel channel;
        private long connectedAt;
        private @Nullable String failure;

        private Client(InetSocketAddress server) throws IOException {
            channel = SocketChannel.open();
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.connect(server);
        }

        boolean isConnected() {
            return connectedAt != 0;
        }

        boolean isServed() {
            return failure == null;
        }

        /** How long it took until it was connected, or failed to. */
        Duration connecting(long now) {
            return Duration.ofNanos((isConnected() ? connectedAt : now) - beganAt);
        }

        /** Looks whether something has happened; true when nothing more can. */
        private boolean isOver(long now) throws IOException {
            try {
                if (!isConnected() && channel.finishConnect()) {
                    connectedAt = now;
                }
                int got = isConnected() ? channel.read(ByteBuffer.allocate(64)) : 0;
                if (got < 0) {
                    failure = "ended";
                } else if (got == 0 && now - beganAt > PATIENCE_NANOS) {
                    failure = "nothing came";
                } else if (got == 0) {
                    return false;
                }
            } catch (IOException e) {
                failure = String.valueOf(e.getMessage());
            }
            channel.close();
            return true;
        }

        @Override
        public String toString() {
            return (isConnected()
                            ? "connected within " + connecting(connectedAt).toMillis() + " ms"
                            : "not connected")
                    + (isServed() ? "" : ", " + failure);
        }
    }

    Arrivals(String address, int port) {
        server = new InetSocketAddress(address, port);
    }

    /** Lets them arrive until the end, and gives all of them when the last one has left. */
    List<Client> run() throws IOException {
        List<Client> present = new ArrayList<>();
        long nextAt = System.nanoTime();
        while (!isEnding || !present.isEmpty()) {
            long now = System.nanoTime();
            if (!isEnding && now - nextAt >= 0) {
                Client client = new Client(server);
                all.add(client);
                present.add(client);
                nextAt = now + EVERY_NANOS;
            }
            for (Iterator<Client> each = present.iterator(); each.hasNext(); ) {
                Client client = each.next();
                if (client.isOver(System.nanoTime())) {
                    each.remove();
                    served += client.isServed() ? 1 : 0;
                }
            }
            LockSupport.parkNanos(EVERY_NANOS / 10);
        }
        return all;
    }

    int served() {
        return served;
    }

    void end() {
        isEnding = true;
    }
}
