package io.hawser.benchmarks;

import io.hawser.vrrp.election.Election;
import io.hawser.vrrp.election.Event;
import io.hawser.vrrp.election.Fitness;
import io.hawser.vrrp.election.State;
import io.hawser.vrrp.election.VrrpEngine;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Warmup;

/** The steps that a virtual router takes all day, its state made by the engine itself. Used by one thread. */
@org.openjdk.jmh.annotations.State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class EngineStep {
    private static final long INTERVAL_NANOS = 100_000_000L;
    private static final int PRIORITY = 100;
    private static final InetAddress LB1 = InetAddress.ofLiteral("10.77.0.11");
    private static final InetAddress LB2 = InetAddress.ofLiteral("10.77.0.12");

    private final Election election = new Election(
            3,
            PRIORITY,
            new Election.Intervals(INTERVAL_NANOS, 10 * INTERVAL_NANOS),
            new Election.Takeover(false, 0, 0),
            List.of(LB2),
            Map.of());
    private final Event tick = new Event.Tick();
    private final Event advertisement = new Event.AdvertReceived(LB2, 2 * PRIORITY, INTERVAL_NANOS);
    private final State.Backup backup;
    private final State.Active active;

    /** Brings one router to each of the two states it stays in. */
    public EngineStep() {
        State initial = VrrpEngine.initial(Fitness.FIT, "benchmark");
        State listening =
                VrrpEngine.on(election, initial, new Event.Link(true, LB1), 0).state();
        backup = (State.Backup) VrrpEngine.on(election, listening, advertisement, INTERVAL_NANOS)
                .state();
        long downAt = VrrpEngine.deadline(election, backup).orElseThrow();
        active = (State.Active) VrrpEngine.on(election, backup, tick, downAt).state();
    }

    /** A backup that is woken before its timer is due. */
    @Benchmark
    public Object tickOfBackup() {
        return VrrpEngine.on(election, backup, tick, backup.armedAt() + INTERVAL_NANOS);
    }

    /** A backup that hears the active node. */
    @Benchmark
    public Object advertisementAtBackup() {
        return VrrpEngine.on(election, backup, advertisement, backup.armedAt() + INTERVAL_NANOS);
    }

    /** An active node whose next advertisement is due. */
    @Benchmark
    public Object tickOfActive() {
        return VrrpEngine.on(election, active, tick, active.advertAt());
    }
}
