package io.hawser.lb.cli;

import static java.util.Objects.requireNonNull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line. Main thread. */
public final class Cli {
    private final Handlers handlers;
    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;
    private final BufferedReader input = new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));

    private Cli(Handlers handlers, Map<String, String> environment, PrintStream out, PrintStream err) {
        this.handlers = requireNonNull(handlers, "handlers");
        this.environment = environment;
        this.out = out;
        this.err = err;
    }

    /**
     * Does what {@code args} ask and returns the exit code of the process, one of {@link ExitCode}.
     *
     * @param environment the process's environment variables
     * @param out what was asked for
     * @param err what went wrong
     */
    public static int run(
            String[] args, Handlers handlers, Map<String, String> environment, PrintStream out, PrintStream err) {
        return new Cli(handlers, environment, out, err).run(args);
    }

    private int run(String[] args) {
        Optional<RunArguments> plainRun = RunArguments.parse(args);
        try {
            return plainRun.isPresent() ? runNode(plainRun.get()) : parsed(args);
        } catch (UsageException e) {
            err.println("hawser: " + e.getMessage());
            return ExitCode.USAGE;
        } finally {
            out.flush();
            err.flush();
        }
    }

    private int parsed(String[] args) {
        CommandLine line = new CommandLine(CommandModel.spec());
        line.setOut(new PrintWriter(out, true, out.charset()));
        line.setErr(new PrintWriter(err, true, err.charset()));
        line.setColorScheme(CommandLine.Help.defaultColorScheme(terminal().isColoured() ? Ansi.ON : Ansi.OFF));
        try {
            ParseResult result = line.parseArgs(args);
            Integer help = CommandLine.executeHelpRequest(result);
            return help != null ? ExitCode.DONE : dispatch(line, result);
        } catch (ParameterException e) {
            return usage(e);
        }
    }

    private int usage(ParameterException e) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        err.println(command + ": " + e.getMessage());
        UnmatchedArgumentException.printSuggestions(e, e.getCommandLine().getErr());
        err.println("try: " + command + " --help");
        return ExitCode.USAGE;
    }

    private int dispatch(CommandLine line, ParseResult root) {
        if (!root.hasSubcommand()) {
            line.usage(err);
            return ExitCode.USAGE;
        }
        ParseResult options = root.subcommand();
        return switch (options.commandSpec().name()) {
            case "run" ->
                runNode(new RunArguments(
                        value(options, "--config"), value(options, "--node"), value(options, "--log")));
            case "check" -> handlers.check(checkOptions(options), out, err);
            case "vrrp" -> handlers.vrrp(vrrpOptions(options), out, err);
            case "demo" ->
                handlers.demo(
                        new Handlers.DemoOptions(
                                options.hasMatchedOption("--once"), options.hasMatchedOption("--single")),
                        out,
                        err);
            case "status" ->
                new StatusCommand(client(options), terminal(), out, err).run(options.hasMatchedOption("--json"));
            case "events" ->
                new EventsCommand(client(options), terminal(), out, err)
                        .run(options.hasMatchedOption("--follow"), options.hasMatchedOption("--json"));
            case "init" -> handlers.init(initOptions(options), out, err);
            case "manifest" -> handlers.manifest(manifestOptions(options), out, err);
            case "completion" -> {
                out.print(AutoComplete.bash("hawser", new CommandLine(CommandModel.spec())));
                yield ExitCode.DONE;
            }
            case "reload" -> order(options).reload();
            case "drain" -> order(options).drain(positional(options, 0), options.hasMatchedOption("--wait"));
            case "enable" -> order(options).enable(positional(options, 0));
            case "weight" ->
                order(options).weight(requireNonNull(positional(options, 0)), requireNonNull(positional(options, 1)));
            case "support" ->
                new SupportCommand(client(options), config(value(options, "--config")), out, err).run(output(options));
            case "version" -> {
                out.println(Version.words());
                yield ExitCode.DONE;
            }
            default ->
                throw new IllegalStateException(
                        "no handler for command " + options.commandSpec().name());
        };
    }

    private Handlers.VrrpOptions vrrpOptions(ParseResult options) {
        return new Handlers.VrrpOptions(
                config(value(options, "--config")),
                value(options, "--config") != null || environment.containsKey("HAWSER_CONFIG"),
                node(value(options, "--node")),
                value(options, "--interface"),
                positive(options, "--count"),
                positive(options, "--seconds"),
                options.hasMatchedOption("--json"));
    }

    private Handlers.ManifestOptions manifestOptions(ParseResult options) {
        return new Handlers.ManifestOptions(
                config(value(options, "--config")),
                value(options, "--node"),
                value(options, "--image"),
                options.hasMatchedOption("--least-privilege"));
    }

    private Handlers.CheckOptions checkOptions(ParseResult options) {
        boolean isOffline = options.hasMatchedOption("--offline");
        if (isOffline && options.hasMatchedOption("--listen")) {
            throw new UsageException("--listen and --offline contradict each other: give one of them");
        }
        return new Handlers.CheckOptions(
                config(value(options, "--config")),
                // The machine that judges a text alone is none of the nodes, whatever its environment says.
                isOffline ? value(options, "--node") : node(value(options, "--node")),
                positive(options, "--listen"),
                isOffline);
    }

    private Handlers.InitOptions initOptions(ParseResult options) {
        String output = value(options, "--output");
        return new Handlers.InitOptions(
                value(options, "--vip"),
                options.matchedOptionValue("--node", List.of()),
                options.matchedOptionValue("--master", List.of()),
                value(options, "--vrid"),
                value(options, "--interface"),
                value(options, "--port"),
                options.hasMatchedOption("--bound-api-servers"),
                "-".equals(output) ? null : config(output),
                options.hasMatchedOption("--force"),
                Terminal.isInput() ? this::ask : null);
    }

    /** The answer of the person at the terminal; empty when the input has ended. */
    private Optional<String> ask(String question) {
        // On standard error, so that a file that goes to standard output stays one.
        err.print(question);
        err.flush();
        try {
            return Optional.ofNullable(input.readLine());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static @Nullable Path output(ParseResult options) {
        String given = value(options, "--output");
        return given == null ? null : Path.of(given);
    }

    private OrderCommand order(ParseResult options) {
        String name = options.commandSpec().name();
        return new OrderCommand(name, client(options), options.hasMatchedOption("--json"), out, err);
    }

    private static @Nullable String positional(ParseResult options, int index) {
        return options.matchedPositionalValue(index, (String) null);
    }

    private int runNode(RunArguments arguments) {
        if (arguments.log() != null) {
            Logging.use(LogFormat.of(arguments.log())
                    .orElseThrow(() -> new UsageException("--log " + arguments.log() + ": write plain or json")));
        }
        return handlers.run(new Handlers.RunOptions(config(arguments.config()), node(arguments.node())), out, err);
    }

    private Path config(@Nullable String given) {
        if (given != null) {
            return Path.of(given);
        }
        return Path.of(environment.getOrDefault("HAWSER_CONFIG", CommandModel.DEFAULT_CONFIG));
    }

    private @Nullable String node(@Nullable String given) {
        return given != null ? given : environment.get("HAWSER_NODE");
    }

    private AdminClient client(ParseResult options) {
        String url = options.commandSpec().findOption("--url") == null ? null : value(options, "--url");
        String socket = value(options, "--socket");
        if (url != null && socket != null) {
            throw new UsageException("--url and --socket name two places: give one of them");
        }
        if (url != null) {
            return AdminClient.ofUrl(url);
        }
        return AdminClient.ofSocket(socket != null ? Path.of(socket) : configuredSocket(value(options, "--config")));
    }

    private Path configuredSocket(@Nullable String givenConfig) {
        Path config = config(givenConfig);
        if (givenConfig != null && !Files.isReadable(config)) {
            throw new UsageException("--config " + config + ": cannot be read");
        }
        Optional<Path> configured = Files.isReadable(config) ? handlers.adminSocket(config) : Optional.empty();
        return configured.orElse(Path.of(CommandModel.DEFAULT_SOCKET));
    }

    private Terminal terminal() {
        return Terminal.ofProcess(environment);
    }

    private static @Nullable Integer positive(ParseResult options, String name) {
        Integer given = options.matchedOptionValue(name, (Integer) null);
        if (given != null && given < 1) {
            throw new UsageException(name + " " + given + ": write a number from 1 up");
        }
        return given;
    }

    private static @Nullable String value(ParseResult options, String name) {
        return options.matchedOptionValue(name, (String) null);
    }
}
