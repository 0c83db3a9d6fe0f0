package io.hawser.healthcheck;

import io.hawser.testkit.Await;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;
import org.junit.jupiter.api.Assertions;

/** A server on loopback that treats each connection as it is told, on a thread of its own. */
final class TestServer implements AutoCloseable {

    /** What is done with a connection; it is closed afterwards. */
    @FunctionalInterface
    interface Treatment {
        void apply(Socket socket) throws Exception;
    }

    final AtomicInteger accepted = new AtomicInteger();
    final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final ServerSocket listener;
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
    private final Thread acceptor;
    private volatile Treatment treatment;

    TestServer(Treatment treatment) throws IOException {
        this(ServerSocketFactory.getDefault(), treatment);
    }

    TestServer(ServerSocketFactory factory, Treatment treatment) throws IOException {
        this.treatment = treatment;
        listener = factory.createServerSocket();
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        acceptor = Thread.ofPlatform().daemon().start(this::accept);
    }

    static TestServer answering(String answer) throws IOException {
        return new TestServer(socket -> answer(socket, answer));
    }

    static void answer(Socket socket, String answer) throws IOException {
        readHead(socket);
        write(socket, answer);
    }

    static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    /** The lines of a request's head; empty at the end of the stream. */
    static List<String> readHead(Socket socket) throws IOException {
        var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1), 1);
        var lines = new ArrayList<String>();
        for (var line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            lines.add(line);
        }
        return lines;
    }

    /** Reads until the other side ends the connection. */
    static void readToEnd(Socket socket) throws IOException {
        while (socket.getInputStream().read() >= 0) {}
    }

    static String ok(String body) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.getLocalPort());
    }

    /** Waits until so many connections have been accepted. */
    void awaitAccepted(int count) throws InterruptedException {
        long end = System.nanoTime() + Await.LIMIT.toNanos();
        synchronized (accepted) {
            while (accepted.get() < count) {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                Assertions.assertTrue(left > 0, accepted + " connections, not " + count);
                accepted.wait(left);
            }
        }
    }

    void treat(Treatment newTreatment) {
        treatment = newTreatment;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                var socket = listener.accept();
                sockets.add(socket);
                synchronized (accepted) {
                    accepted.incrementAndGet();
                    accepted.notifyAll();
                }
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                // Closed, which ends the loop.
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            treatment.apply(socket);
        } catch (Exception e) {
            if (!(e instanceof SocketException && listener.isClosed())) {
                failures.add(e);
            }
        } finally {
            sockets.remove(socket);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        try {
            // Until then a connection might still be accepted.
            acceptor.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (var socket : sockets) {
            socket.close();
        }
    }
}
