package io.hawser.lb.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of {@code run}, read without loading the command-line library: a node must start fast. Immutable.
 *
 * @param config as given, or null
 * @param node as given, or null
 * @param log as given, or null
 */
record RunArguments(
        @Nullable String config,
        @Nullable String node,
        @Nullable String log) {

    /** The arguments when they are plain {@code run} options; empty for anything else, which the library then judges. */
    static Optional<RunArguments> parse(String[] args) {
        if (args.length == 0 || !args[0].equals("run")) {
            return Optional.empty();
        }
        var found = new RunArguments(null, null, null);
        for (int i = 1; i < args.length; i++) {
            int equals = args[i].indexOf('=');
            String name = equals < 0 ? args[i] : args[i].substring(0, equals);
            if (equals < 0 && (i + 1 == args.length || args[i + 1].startsWith("-"))) {
                return Optional.empty();
            }
            String value = equals < 0 ? args[++i] : args[i].substring(equals + 1);
            Optional<RunArguments> next = value.isEmpty() ? Optional.empty() : found.with(name, value);
            if (next.isEmpty()) {
                return Optional.empty();
            }
            found = next.get();
        }
        return Optional.of(found);
    }

    private Optional<RunArguments> with(String name, String value) {
        return switch (name) {
            case "-c", "--config" ->
                config == null ? Optional.of(new RunArguments(value, node, log)) : Optional.empty();
            case "--node" -> node == null ? Optional.of(new RunArguments(config, value, log)) : Optional.empty();
            case "--log" ->
                log == null && (value.equals("plain") || value.equals("json"))
                        ? Optional.of(new RunArguments(config, node, value))
                        : Optional.empty();
            default -> Optional.empty();
        };
    }
}
