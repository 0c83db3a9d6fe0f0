package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.net.Endpoint;
import io.hawser.lb.net.TcpSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What an event loop does once a second for each idle connection, all at once and in turns: how long what arrives meanwhile
 * has to wait. The connections are those of the product but for their sockets, of which there is one. In the package of what
 * it measures, which is nobody else's to see. Used by one thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ConnectionSweep {
    private static final long SECOND = 1_000_000_000L;

    /** How many connections are idle. */
    @Param({"1000", "50000"})
    @SuppressWarnings("NullAway.Init") // by JMH
    private int connections;

    private final ConnectionList list = new ConnectionList();
    private final Sweeps sweeps = new Sweeps(() -> {}, ConnectionSweep::failed);
    private final Sweep sweep = sweeps.over(list, this::lookAt);

    @SuppressWarnings("NullAway.Init") // by prepare()
    private Proxy proxy;

    @SuppressWarnings("NullAway.Init") // by prepare()
    private TcpSocket socket;

    private long now;

    private static void failed(Throwable mistake) {
        throw new IllegalStateException("looking at a connection failed", mistake);
    }

    private void lookAt(Tended connection) {
        connection.tick(now);
    }

    /** Makes the connections, as if bytes had gone over each of them lately. */
    @Setup
    public void prepare() throws Exception {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        Member member = new Member("masters", "m1", address, 100);
        Pool pool = new Pool("masters", PoolSettings.DEFAULTS, List.of(member));
        Listener listener = new Listener(ListenerPlan.of("api", address, pool), new ConnectTimes());
        proxy = Proxy.start(new ProxySettings(1, 1, 0), ProxyEvents.NONE);
        IoLoop loop = proxy.loops().getFirst();
        socket = TcpSocket.openFor(address);
        now = loop.exactNow();
        for (int i = 0; i < connections; i++) {
            list.add(new Idle(loop, listener, member, new TcpSocket(socket.intValue())));
        }
    }

    /** Ends what holds descriptors. */
    @TearDown
    public void end() throws Exception {
        socket.close();
        proxy.close();
    }

    /** What the benchmark compares with: one turn that looks at all. */
    @Benchmark
    public int atOnce() {
        list.forEach(this::lookAt);
        return list.size();
    }

    /** One turn of many; all are looked at in so many turns as the bound goes into their number. */
    @Benchmark
    public boolean oneTurn() {
        sweeps.turn();
        if (sweeps.isIdle()) {
            now += SECOND / 1_000;
            sweeps.begin(sweep);
        }
        return sweeps.isIdle();
    }

    /** A connection over which nothing goes. */
    private static final class Idle extends Tended {
        private final Phase phase;

        Idle(IoLoop loop, Listener listener, Member member, TcpSocket socket) {
            Host host = new Host() {
                @Override
                public void ready(Endpoint endpoint, boolean writable) {
                    throw new UnsupportedOperationException();
                }

                @Override
                public void run() {
                    throw new UnsupportedOperationException();
                }

                @Override
                public void follow(Next next) {
                    throw new UnsupportedOperationException();
                }
            };
            Caller caller = new Caller(loop, listener, new Endpoint(loop, host, socket));
            phase = new Relaying(caller, host, member, new Endpoint(loop, host, socket), null, null);
        }

        @Override
        void tick(long now) {
            if (!(phase.tick(now) instanceof Next.Stay)) {
                throw new IllegalStateException("an idle connection would be ended");
            }
        }

        @Override
        void onMemberRemoved(Member gone) {
            throw new UnsupportedOperationException();
        }

        @Override
        void end(Outcome outcome) {
            throw new UnsupportedOperationException();
        }

        @Override
        boolean endForMemory(long since) {
            throw new UnsupportedOperationException();
        }

        @Override
        long quietSince(Member on, long now) {
            throw new UnsupportedOperationException();
        }

        @Override
        boolean isQuiet(long now) {
            throw new UnsupportedOperationException();
        }

        @Override
        boolean isTo(Set<InetAddress> addresses) {
            throw new UnsupportedOperationException();
        }

        @Override
        Holdings.@Nullable Holding<Tended> holding(long now) {
            throw new UnsupportedOperationException();
        }

        @Override
        ConnectionInfo info() {
            throw new UnsupportedOperationException();
        }
    }
}
