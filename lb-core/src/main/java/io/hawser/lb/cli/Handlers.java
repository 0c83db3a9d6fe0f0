package io.hawser.lb.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the commands do that need the rest of the product. Main thread; each returns one of {@link ExitCode}. */
public interface Handlers {
    /** Options of {@code run}; {@code node} is null when the process has to find out itself which node it is. */
    record RunOptions(Path config, @Nullable String node) {}

    /**
     * Options of {@code check}; as {@link RunOptions}.
     *
     * @param listenSeconds for how long to listen who uses the VRIDs; null: not at all
     * @param isOffline whether the text is judged alone, without a look at this host
     */
    record CheckOptions(
            Path config, @Nullable String node, @Nullable Integer listenSeconds, boolean isOffline) {}

    /**
     * Options of {@code vrrp}.
     *
     * @param isConfigGiven whether {@code config} was asked for, so that it has to be there
     * @param interfaceName where to listen; null: on the interfaces of the configuration
     * @param count after how many advertisements to end; null: not for their number
     * @param seconds after how many seconds to end; null: not for the time
     */
    record VrrpOptions(
            Path config,
            boolean isConfigGiven,
            @Nullable String node,
            @Nullable String interfaceName,
            @Nullable Integer count,
            @Nullable Integer seconds,
            boolean json) {}

    /** Options of {@code demo}. */
    record DemoOptions(boolean once, boolean single) {}

    /**
     * Options of {@code init}.
     *
     * @param output the file; null: standard output
     * @param questions asks for what was not given; null: nobody is there
     */
    record InitOptions(
            @Nullable String vip,
            List<String> nodes,
            List<String> masters,
            @Nullable String vrid,
            @Nullable String interfaceName,
            @Nullable String port,
            boolean areServersBound,
            @Nullable Path output,
            boolean force,
            @Nullable Function<String, Optional<String>> questions) {
        public InitOptions {
            nodes = List.copyOf(nodes);
            masters = List.copyOf(masters);
        }
    }

    /** Options of {@code manifest}; {@code image} is null for the distribution on the host, {@code node} as in {@link RunOptions}. */
    record ManifestOptions(
            Path config, @Nullable String node, @Nullable String image, boolean leastPrivilege) {}

    /** Runs a node until it is told to stop. */
    int run(RunOptions options, PrintStream out, PrintStream err);

    /** Checks a configuration and prints every problem to {@code err}. */
    int check(CheckOptions options, PrintStream out, PrintStream err);

    /** Prints the VRRP advertisements that pass an interface. */
    int vrrp(VrrpOptions options, PrintStream out, PrintStream err);

    /** Writes a configuration from a few answers. */
    int init(InitOptions options, PrintStream out, PrintStream err);

    /** Prints a static pod for a configuration. */
    int manifest(ManifestOptions options, PrintStream out, PrintStream err);

    /** Runs the demo. */
    int demo(DemoOptions options, PrintStream out, PrintStream err);

    /** The admin socket that the configuration file names; empty when it names none or cannot be read. Never throws. */
    Optional<Path> adminSocket(Path config);
}
