package io.hawser.benchmarks;

import io.hawser.benchmarks.EchoServer.Afterwards;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Timeout;
import org.openjdk.jmh.annotations.Warmup;

/** One request and its answer on a connection that is there already, straight and through the proxy. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Timeout(time = 30)
public class Relay {

    /** A connection straight to the server. */
    @State(Scope.Thread)
    public static class Direct extends Open {
        /** Starts the server and connects. */
        public Direct() {
            super(Loopback.direct(Afterwards.KEEPS_OPEN));
        }
    }

    /** A connection through the proxy. */
    @State(Scope.Thread)
    public static class Proxied extends Open {
        /** Starts server and proxy and connects. */
        public Proxied() {
            super(Loopback.proxied(Afterwards.KEEPS_OPEN));
        }
    }

    /** What the benchmark compares with. */
    @Benchmark
    public int direct(Direct connection) throws IOException {
        return connection.exchange();
    }

    /** The same through the proxy. */
    @Benchmark
    public int proxied(Proxied connection) throws IOException {
        return connection.exchange();
    }

    /** An open connection. */
    abstract static class Open {
        private final Loopback way;
        private final SocketChannel channel;

        Open(Loopback way) {
            this.way = way;
            this.channel = connected(way);
        }

        private static SocketChannel connected(Loopback way) {
            try {
                return way.connect();
            } catch (IOException e) {
                way.close();
                throw new UncheckedIOException("connecting over loopback failed: " + e.getMessage(), e);
            }
        }

        int exchange() throws IOException {
            return way.exchange(channel);
        }

        /** Ends everything. */
        @TearDown
        public void end() throws IOException {
            channel.close();
            way.close();
        }
    }
}
