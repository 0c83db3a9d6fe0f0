package io.hawser.benchmarks;

import io.hawser.benchmarks.EchoServer.Afterwards;
import java.io.IOException;
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

/** A connection for one request: opened, used, closed by the server, straight and through the proxy. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Timeout(time = 30)
public class ConnectionSetup {

    /** The way straight to the server. */
    @State(Scope.Thread)
    public static class Direct extends Way {
        /** Starts the server. */
        public Direct() {
            super(Loopback.direct(Afterwards.CLOSES));
        }
    }

    /** The way through the proxy. */
    @State(Scope.Thread)
    public static class Proxied extends Way {
        /** Starts server and proxy. */
        public Proxied() {
            super(Loopback.proxied(Afterwards.CLOSES));
        }
    }

    /** What the benchmark compares with. */
    @Benchmark
    public int direct(Direct way) throws IOException {
        return way.connectAndExchange();
    }

    /** The same through the proxy. */
    @Benchmark
    public int proxied(Proxied way) throws IOException {
        return way.connectAndExchange();
    }

    /** A way to the server. */
    abstract static class Way {
        private final Loopback way;

        Way(Loopback way) {
            this.way = way;
        }

        int connectAndExchange() throws IOException {
            try (SocketChannel channel = way.connect()) {
                int count = way.exchange(channel);
                way.awaitEnd(channel);
                return count;
            }
        }

        /** Ends everything. */
        @TearDown
        public void end() {
            way.close();
        }
    }
}
