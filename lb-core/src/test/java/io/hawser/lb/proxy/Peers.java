package io.hawser.lb.proxy;

import io.hawser.testkit.Await;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** Real sockets that play clients and members. */
final class Peers {
    static final int PATIENCE_MILLIS = Math.toIntExact(Await.LIMIT.toMillis());

    /** What a member does with a connection; it is closed afterwards. */
    interface Behaviour {
        void serve(Socket socket) throws Exception;
    }

    /** A member on a port of its own. */
    static final class Server implements AutoCloseable {
        private final ServerSocket socket;
        private final List<Socket> accepted = new CopyOnWriteArrayList<>();
        final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();

        Server(Behaviour behaviour) throws IOException {
            socket = new ServerSocket(0, 4096, InetAddress.getByName("127.0.0.1"));
            Thread.ofVirtual().start(() -> {
                while (true) {
                    try {
                        Socket connection = socket.accept();
                        connection.setSoTimeout(PATIENCE_MILLIS);
                        accepted.add(connection);
                        Thread.ofVirtual().start(() -> serve(behaviour, connection));
                    } catch (IOException e) {
                        return;
                    }
                }
            });
        }

        private void serve(Behaviour behaviour, Socket connection) {
            try (connection) {
                behaviour.serve(connection);
            } catch (Throwable e) {
                failures.add(e);
            }
        }

        InetSocketAddress address() {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        }

        int connections() {
            return accepted.size();
        }

        @Override
        public void close() throws IOException {
            socket.close();
            for (Socket connection : accepted) {
                connection.close();
            }
        }
    }

    /** A port where the kernel does not answer: its backlog is full and nobody accepts. */
    static final class BlackHole implements AutoCloseable {
        private final ServerSocket socket;
        private final List<Socket> fillers = new ArrayList<>();

        BlackHole() throws IOException {
            socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
            boolean full = false;
            while (!full) {
                Socket filler = new Socket();
                fillers.add(filler);
                try {
                    filler.connect(socket.getLocalSocketAddress(), 200);
                } catch (IOException e) {
                    full = true;
                }
            }
        }

        InetSocketAddress address() {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        }

        /** Starts to answer. */
        Socket accept() throws IOException {
            return socket.accept();
        }

        @Override
        public void close() throws IOException {
            socket.close();
            for (Socket filler : fillers) {
                filler.close();
            }
        }
    }

    private Peers() {}

    /** A port of 127.0.0.1 where nobody listens. */
    static InetSocketAddress refusing() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        }
    }

    /** Sends back what it gets, and ends when the other side does. */
    static void echo(Socket socket) throws IOException {
        socket.getInputStream().transferTo(socket.getOutputStream());
    }

    static Socket connect(InetSocketAddress address) throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(address, PATIENCE_MILLIS);
        return socket;
    }

    /** Closes it with a reset. */
    static void reset(Socket socket) throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Whether the connection ends by a reset when it is read; data before it is skipped. */
    /** Whether the kernel of the other side has all that was written: nothing waits in the send queue any more. */
    static boolean isAcknowledged(Socket socket) {
        Pattern sent = Pattern.compile(
                "(?m)^ *\\d+: \\w+:%04X \\w+:%04X \\w\\w 00000000:".formatted(socket.getLocalPort(), socket.getPort()));
        return Stream.of("tcp", "tcp6")
                .anyMatch(table -> sent.matcher(read("/proc/self/net/" + table)).find());
    }

    /** The same when it may take a moment. */
    static boolean isAcknowledgedSoon(Socket socket) {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(500);
        while (!isAcknowledged(socket)) {
            if (System.nanoTime() - until > 0) {
                return false;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        return true;
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static boolean endsByReset(Socket socket) throws IOException {
        try {
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    /** Whether a new connection is reset; at once may be before connect has returned. */
    static boolean isReset(InetSocketAddress address) throws IOException {
        try (Socket socket = connect(address)) {
            return endsByReset(socket);
        } catch (SocketException e) {
            return String.valueOf(e.getMessage()).contains("reset");
        }
    }

    /** Bytes of a seed, sent; what came of it is their checksum. */
    static long sendNoise(OutputStream out, long seed, int bytes) throws IOException {
        CRC32C sum = new CRC32C();
        Random random = new Random(seed);
        byte[] chunk = new byte[10_007];
        for (int left = bytes; left > 0; left -= chunk.length) {
            random.nextBytes(chunk);
            int length = Math.min(left, chunk.length);
            sum.update(chunk, 0, length);
            out.write(chunk, 0, length);
        }
        return sum.getValue();
    }

    /** The checksum of all that comes until the end, read slowly: after each of some reads the reader rests. */
    static long sumSlowly(InputStream in, int rests) throws IOException {
        CRC32C sum = new CRC32C();
        byte[] chunk = new byte[50_021];
        int resting = rests;
        int read;
        while ((read = in.read(chunk)) >= 0) {
            sum.update(chunk, 0, read);
            if (resting-- > 0) {
                LockSupport.parkNanos(2_000_000);
            }
        }
        return sum.getValue();
    }

    static long sum(InputStream in) throws IOException {
        return sumSlowly(in, 0);
    }

    static <T> CompletableFuture<T> async(Callable<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                result.complete(task.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    static <T> T get(CompletableFuture<T> result) throws Exception {
        return result.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** The same where nothing may be thrown. */
    static <T> T joined(CompletableFuture<T> result) {
        return result.orTimeout(PATIENCE_MILLIS, TimeUnit.MILLISECONDS).join();
    }

    /** Waits until it is so, for as long as a broken test may take. */
    static void await(String what, BooleanSupplier condition) {
        Await.until(what, condition);
    }
}
