package io.hawser.lb.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** Makes the active node's admin port reachable at a port of this host, whichever node that is when a connection comes. Threads of its own. */
final class Forwarder implements AutoCloseable {
    private static final int TRIES = 10;
    private static final int LIMIT = 64;

    private final TestBed rig;
    private final ServerSocket listener;
    private final Semaphore places = new Semaphore(LIMIT);

    private Forwarder(TestBed rig, ServerSocket listener) {
        this.rig = rig;
        this.listener = listener;
    }

    /** Listens at 127.0.0.1, at the first free port from {@code port} on. */
    static Forwarder start(TestBed rig, int port) {
        Forwarder forwarder = new Forwarder(rig, listen(port));
        Thread.ofPlatform().name("forwarder").daemon().start(forwarder::accept);
        return forwarder;
    }

    private static ServerSocket listen(int first) {
        for (int port = first; port < first + TRIES; port++) {
            try {
                return new ServerSocket(port, LIMIT, InetAddress.getLoopbackAddress());
            } catch (IOException e) {
                // Taken: the next one.
            }
        }
        throw DemoException.failed("listen at 127.0.0.1:%d to %d: every port is taken; free one of them"
                .formatted(first, first + TRIES - 1));
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                if (places.tryAcquire()) {
                    var _ = Thread.ofVirtual().start(() -> forward(client));
                } else {
                    client.close();
                }
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    TestBed.pause(java.time.Duration.ofMillis(100)); // no descriptor to be had just now
                }
            }
        }
    }

    private void forward(Socket client) {
        try (client;
                Socket server = connect()) {
            if (server != null) {
                Thread back = Thread.ofVirtual().start(() -> pump(server, client));
                pump(client, server);
                back.join();
            }
        } catch (IOException | DemoException e) {
            // The node has just gone: the browser asks again.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            places.release();
        }
    }

    private @Nullable Socket connect() {
        String node = rig.active();
        if (node == null) {
            return null;
        }
        return rig.network().callIn(node, () -> {
            Socket socket = new Socket();
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), HawserNode.ADMIN_PORT), 500);
            return socket;
        });
    }

    private static void pump(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException e) {
            // One side broke; the other learns it by the closing of both.
            close(from);
            close(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // Nothing is lost with it.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            // The port goes with the process.
        }
    }
}
