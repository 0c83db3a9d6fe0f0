package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the event loops count. In the package of what it measures, which is nobody else's to see. Two threads count in the
 * same places, as two event loops do.
 */
@State(Scope.Benchmark)
@Threads(2)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MetricsUpdate {
    private static final long CONNECT_NANOS = 300_000;
    private static final int BYTES_UP = 128;
    private static final int BYTES_DOWN = 1024;

    @SuppressWarnings("NullAway.Init") // by prepare()
    private Listener listener;

    @SuppressWarnings("NullAway.Init") // by prepare()
    private Member member;

    /** Makes a listener. */
    @Setup
    public void prepare() {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        member = new Member("masters", "m1", address, 100);
        Pool pool = new Pool("masters", PoolSettings.DEFAULTS, List.of(member));
        listener = new Listener(ListenerPlan.of("api", address, pool), new ConnectTimes());
    }

    /** What is counted for a whole connection: accepted, connected in some time, bytes both ways, and how it ended. */
    @Benchmark
    public boolean connection() {
        boolean admitted = listener.limit().tryAcquire();
        listener.accepted();
        listener.connected(member, CONNECT_NANOS);
        listener.moved(BYTES_UP, BYTES_DOWN);
        listener.ended(member, Outcome.COMPLETED);
        return admitted;
    }

    /** What is counted for one move of bytes on an open connection. */
    @Benchmark
    public void move() {
        listener.moved(BYTES_UP, BYTES_DOWN);
    }
}
