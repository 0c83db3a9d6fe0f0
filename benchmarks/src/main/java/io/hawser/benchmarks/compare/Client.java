package io.hawser.benchmarks.compare;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Puts load on one port, with tools that others wrote where there are any. One thread. */
final class Client {
    private static final int CONNECTIONS = 64;
    private static final int STREAMS = 4;
    private static final Pattern LATENCY =
            Pattern.compile("^latency (\\d+) (\\d+) (\\d+) requests (\\d+)", Pattern.MULTILINE);
    private static final Pattern ERRORS = Pattern.compile("^errors (\\d+)", Pattern.MULTILINE);
    private static final String SCRIPT = """
            done = function(summary, latency, requests)
              io.write(string.format("\\nlatency %d %d %d requests %d\\n", latency:percentile(50), latency:percentile(99),
                latency:percentile(99.9), summary.requests))
              local e = summary.errors
              io.write(string.format("errors %d\\n", e.connect + e.read + e.write + e.status + e.timeout))
            end
            """;

    private final Path directory;
    private final int seconds;

    /**
     * Creates a client.
     *
     * @param directory for its files
     * @param seconds how long each load takes, where it is not a number of bytes
     */
    Client(Path directory, int seconds) {
        this.directory = directory;
        this.seconds = seconds;
    }

    /** Requests one after the other on 64 connections that stay, or that are opened for each. */
    Load requests(String scheme, int port, boolean keepAlive) {
        Path script = directory.resolve("latency.lua");
        try {
            Files.writeString(script, SCRIPT);
        } catch (IOException e) {
            throw new CompareException(script + " cannot be written: " + e.getMessage(), e);
        }
        List<String> close = keepAlive ? List.of() : List.of("-H", "Connection: close");
        String printed = new Tool("wrk", "-t1", "-c" + CONNECTIONS, "-d" + seconds + "s", "-s", script.toString())
                .with(close)
                .with(List.of(scheme + "://127.0.0.1:" + port + "/1k"))
                .run(directory);
        Matcher latency = LATENCY.matcher(printed);
        Matcher errors = ERRORS.matcher(printed);
        if (!latency.find() || !errors.find()) {
            throw new CompareException("wrk printed no figures: " + printed);
        }
        String failed = errors.group(1).equals("0") ? "" : errors.group(1) + " errors";
        return new Load(
                Math.max(1, Long.parseLong(latency.group(4))),
                new Sample.Latency(
                        Long.parseLong(latency.group(1)),
                        Long.parseLong(latency.group(2)),
                        Long.parseLong(latency.group(3))),
                failed);
    }

    /** About 2,000 requests a second on 32 connections, whatever the answers take. */
    Load fixedRate(int port) {
        Path log = directory.resolve("rate.log");
        String printed = new Tool(
                        "h2load",
                        "--h1",
                        "-c32",
                        "-t1",
                        "-D" + seconds,
                        "--rps=62.5",
                        "--log-file=" + log,
                        "http://127.0.0.1:" + port + "/1k")
                .run(directory);
        try {
            // start, status, microseconds
            List<String[]> lines = Files.readAllLines(log).stream()
                    .map(line -> line.split("\t", -1))
                    .toList();
            long[] micros = lines.stream()
                    .filter(line -> line[1].equals("200"))
                    .mapToLong(line -> Long.parseLong(line[2]))
                    .sorted()
                    .toArray();
            Files.delete(log);
            if (micros.length == 0) {
                throw new CompareException("h2load got no answer: " + printed);
            }
            int failed = lines.size() - micros.length;
            return new Load(micros.length, latency(micros), failed == 0 ? "" : failed + " failed");
        } catch (IOException e) {
            throw new CompareException("h2load left no log: " + printed, e);
        }
    }

    /** The percentiles of sorted microseconds. */
    static Sample.Latency latency(long[] sorted) {
        return new Sample.Latency(part(sorted, 0.5), part(sorted, 0.99), part(sorted, 0.999));
    }

    private static double part(long[] sorted, double part) {
        return sorted[(int) Math.min(sorted.length - 1, (long) (sorted.length * part))];
    }

    /** Four downloads at a time, {@code files} in all. */
    Load download(String scheme, int port, int files) {
        AtomicInteger bad = new AtomicInteger();
        inParallel(stream -> {
            for (int i = stream; i < files; i += STREAMS) {
                try {
                    String size = new Tool(
                                    "curl",
                                    "-sk",
                                    "-o",
                                    "/dev/null",
                                    "-w",
                                    "%{size_download}",
                                    scheme + "://127.0.0.1:" + port + "/256m")
                            .run(directory);
                    if (!size.equals(String.valueOf(Site.FILE_BYTES))) {
                        bad.incrementAndGet();
                    }
                } catch (CompareException e) {
                    bad.incrementAndGet();
                }
            }
        });
        return new Load(files * Site.FILE_GIB, Sample.Latency.NONE, bad.get() == 0 ? "" : bad + " incomplete");
    }

    /** Four uploads at a time, {@code files} in all, to something that answers a byte when all has come. */
    Load upload(int port, int files) {
        AtomicInteger bad = new AtomicInteger();
        inParallel(stream -> {
            ByteBuffer buffer = ByteBuffer.allocateDirect(64 << 10);
            for (int i = stream; i < files; i += STREAMS) {
                try (SocketChannel to =
                        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
                    for (long sent = 0; sent < Site.FILE_BYTES; sent += buffer.capacity()) {
                        buffer.clear();
                        while (buffer.hasRemaining()) {
                            to.write(buffer);
                        }
                    }
                    to.shutdownOutput();
                    if (to.read(ByteBuffer.allocate(1)) != 1) {
                        bad.incrementAndGet();
                    }
                } catch (IOException e) {
                    bad.incrementAndGet();
                }
            }
        });
        return new Load(files * Site.FILE_GIB, Sample.Latency.NONE, bad.get() == 0 ? "" : bad + " incomplete");
    }

    private static void inParallel(java.util.function.IntConsumer work) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            int stream = i;
            threads.add(Thread.ofPlatform().start(() -> work.accept(stream)));
        }
        try {
            for (Thread each : threads) {
                each.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompareException("interrupted", e);
        }
    }

    /** Opens connections that then do nothing; each has sent one byte, so that it is known to reach the server. */
    static List<SocketChannel> open(int port, int connections) {
        List<SocketChannel> open = new ArrayList<>();
        try {
            for (int i = 0; i < connections; i++) {
                SocketChannel channel =
                        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                channel.write(ByteBuffer.wrap(new byte[1]));
                open.add(channel);
            }
            return open;
        } catch (IOException e) {
            close(open);
            throw new CompareException(
                    "only " + open.size() + " of " + connections + " connections could be opened: " + e.getMessage()
                            + "; raise the limit of open files (ulimit -n)",
                    e);
        }
    }

    /** Closes what {@link #open} has opened. */
    static void close(List<SocketChannel> open) {
        for (SocketChannel each : open) {
            try {
                each.close();
            } catch (IOException e) {
                throw new CompareException("a connection cannot be closed: " + e.getMessage(), e);
            }
        }
    }

    /** Whether a request is answered with 200 now. */
    static boolean isAnswered(int port) {
        try (SocketChannel channel =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            channel.write(ByteBuffer.wrap("GET /1k HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer answer = ByteBuffer.allocate(12);
            while (answer.hasRemaining() && channel.read(answer) >= 0) {
                // until there is a status
            }
            return new String(answer.array(), StandardCharsets.US_ASCII).endsWith("200");
        } catch (IOException e) {
            return false;
        }
    }
}
