package io.hawser.benchmarks;

import io.hawser.lb.admin.HealthDocument;
import io.hawser.lb.admin.NodeHealth;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Reading what a peer answers on /healthz, as each node does for each peer several times a second. Used by one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HealthParse {
    private final byte[] body = """
            {"node":"lb2","fit":false,"reasons":["pool masters has no usable member"],\
            "routers":[{"name":"api","id":51,"state":"backup","priority":1,"addresses":["10.77.0.10"]}]}
            """.getBytes(StandardCharsets.UTF_8);

    /** One answer of a node with one virtual router. */
    @Benchmark
    public NodeHealth parse() {
        return switch (HealthDocument.parse(body)) {
            case HealthDocument.Parsed.Ok(NodeHealth health) -> health;
            case HealthDocument.Parsed.Bad(var reason, String detail) ->
                throw new IllegalStateException("the answer is not usable: " + reason + ": " + detail);
        };
    }
}
