package io.hawser.benchmarks;

import io.hawser.lb.config.Cidr;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * Reading the ten lines for a kubeadm cluster from a file and checking them. Used by one thread.
 *
 * <p>A start pays what {@link #cold} shows, classes and all; a reload of a process that has run for long, what {@link #warm}
 * shows.
 */
@State(Scope.Thread)
public class ConfigurationLoad {
    private static final String TEN_LINES = """
            nodes:
              - {name: lb1, address: 10.77.0.11}
              - {name: lb2, address: 10.77.0.12}
            virtual-routers:
              - {name: api, id: 51, addresses: [10.77.0.10]}
            listeners:
              - {name: kube-api, bind: "10.77.0.10:6443", pool: masters}
            pools:
              - name: masters
                members: ["10.77.0.21:6443", "10.77.0.22:6443", "10.77.0.23:6443"]
                health: {type: https, path: /readyz}
            """;

    private final Environment lb1;
    private final Path file;

    /** Writes the file. */
    public ConfigurationLoad() {
        Cidr own = new Cidr(InetAddress.ofLiteral("10.77.0.11"), 24);
        lb1 = new Environment(
                null, null, "lb1", List.of(new Environment.Interface("eth0", List.of(own))), name -> List.of());
        file = written();
    }

    private static Path written() {
        try {
            return Files.writeString(Files.createTempFile("hawser-benchmark", ".yaml"), TEN_LINES);
        } catch (IOException e) {
            throw new UncheckedIOException("writing the configuration to load failed: " + e.getMessage(), e);
        }
    }

    /** Removes the file. */
    @TearDown
    public void remove() throws IOException {
        Files.delete(file);
    }

    /** The first time in a process; each of the forks gives one figure. */
    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    @Fork(10)
    @Warmup(iterations = 0)
    @Measurement(iterations = 1)
    public Loaded.Ok cold() {
        return load();
    }

    /** When everything is loaded and compiled. */
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    @Fork(2)
    @Warmup(iterations = 3, time = 1)
    @Measurement(iterations = 5, time = 1)
    public Loaded.Ok warm() {
        return load();
    }

    private Loaded.Ok load() {
        return switch (ConfigLoader.load(file, lb1)) {
            case Loaded.Ok ok -> ok;
            case Loaded.Invalid(var problems) ->
                throw new IllegalStateException(
                        "the ten lines are not valid: " + problems.getFirst().render());
        };
    }
}
