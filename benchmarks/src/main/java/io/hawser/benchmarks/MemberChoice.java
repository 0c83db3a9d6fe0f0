package io.hawser.benchmarks;

import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.Balance;
import io.hawser.lb.balance.Balancer;
import io.hawser.lb.balance.Distribution;
import io.hawser.lb.balance.ExcludedMembers;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * The choice of a member for a new connection, from the pool's snapshot. All members are idle, which is the longest way
 * through least-connections: every one of them is equal to the best. Each connection has another key. Used by one thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MemberChoice {
    private static final int WEIGHT = 100;
    private static final int PORT = 6443;

    /** How many members the pool has. */
    @Param({"3", "1000"})
    public int members;

    /** How the pool spreads its connections. */
    @Param
    public Balance balance = Balance.LEAST_CONNECTIONS;

    /** What keeps connections together; with it, the way of balancing is for those that have no key. */
    @Param({"NONE", "SOURCE_IP"})
    public Affinity affinity = Affinity.NONE;

    private final ExcludedMembers tried = new ExcludedMembers();
    private Pool pool = new Pool("masters", PoolSettings.DEFAULTS, List.of());
    private Balancer balancer = balance.balancer(0);
    private long key;

    /** Makes the pool, all of its members up. */
    @Setup
    public void prepare() {
        // Port and address do not matter, nobody connects.
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), PORT);
        List<Member> all = IntStream.range(0, members)
                .mapToObj(i -> new Member("masters", "m" + i, address, WEIGHT))
                .toList();
        PoolSettings settings = new PoolSettings(
                        balance,
                        PoolSettings.DEFAULTS.connectTimeout(),
                        PoolSettings.DEFAULTS.retries(),
                        PoolSettings.OnDown.CLOSE)
                .with(Distribution.DEFAULTS.with(affinity));
        pool = new Pool("masters", settings, all);
        all.forEach(member -> pool.health(member, Member.Health.UP));
        balancer = settings.balancer(0);
        if (pool.members().usable() != members) {
            throw new IllegalStateException(pool.members().usable() + " of " + members + " members are usable");
        }
    }

    /** One choice; never null, as no member was tried before. */
    @Benchmark
    public @Nullable Member choose() {
        return balancer.pick(pool.members(), tried, ++key, 0);
    }
}
