package io.hawser.lb.daemon;

import io.hawser.lb.cli.ExitCode;
import io.hawser.lb.cli.Handlers;
import io.hawser.lb.cli.Logging;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Finding;
import io.hawser.lb.config.Finding.Problem;
import io.hawser.lb.config.Loaded;
import io.hawser.lb.config.Names;
import io.hawser.lb.config.Node;
import io.hawser.lb.demo.Demo;
import io.hawser.lb.setup.Init;
import io.hawser.lb.setup.InitAnswers;
import io.hawser.lb.setup.Manifest;
import io.hawser.sysctl.linux.Orphans;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Carries out the commands of the command line that need a configuration or a node. Main thread. */
final class NodeHandlers implements Handlers {

    @Override
    public int run(RunOptions options, PrintStream out, PrintStream err) {
        var names = new Names();
        var file = new ConfigFile(
                options.config(),
                () -> ConfigLoader.load(options.config(), Environment.ofThisHost(options.node(), names)));
        var log = LoggerFactory.getLogger(NodeHandlers.class);
        var stop = new CountDownLatch(1);
        Signals.on("TERM", stop::countDown);
        Signals.on("INT", stop::countDown);
        // Until the node has started there is nothing to reload: the file was read a moment ago.
        Signals.on("HUP", () -> log.atInfo().log("HUP ignored: still starting"));
        Orphans.reapIfFirstProcess();
        try (Supervisor supervisor = Supervisor.of(System.getenv())) {
            if (!KernelAnswer.await(stop, supervisor::waiting)) {
                return ExitCode.DONE;
            }
            String whyNot = NativeLibraries.whyNot();
            if (whyNot != null) {
                throw new StartException(ExitCode.PRIVILEGE, whyNot);
            }
            return run(file, stop, supervisor, err);
        } catch (StartException e) {
            String.valueOf(e.getMessage()).lines().forEach(line -> err.println("hawser: " + line));
            return e.exitCode();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.FAILED;
        } finally {
            Logging.stop();
        }
    }

    private static int run(ConfigFile file, CountDownLatch stop, Supervisor supervisor, PrintStream err)
            throws InterruptedException {
        // Asked before it is read: what comes in between is not taken for wrong.
        boolean isNotYet = file.notYet().isPresent();
        Loaded first = file.load();
        boolean hasToWait = first instanceof Loaded.Ok ok ? !ok.needs().isEmpty() : isNotYet;
        Loaded loaded = hasToWait ? Waiting.until(first, file, stop, supervisor::waiting) : first;
        if (stop.getCount() == 0) {
            return ExitCode.DONE;
        }
        return switch (loaded) {
            case Loaded.Invalid(var problems) -> wrong(problems, err);
            case Loaded.Ok ok -> run(ok, file, stop, supervisor);
        };
    }

    private static int wrong(List<Problem> problems, PrintStream err) {
        problems.forEach(problem -> err.println(problem.renderWithSource()));
        return ExitCode.CONFIGURATION;
    }

    private static int run(Loaded.Ok ok, ConfigFile file, CountDownLatch stop, Supervisor supervisor)
            throws InterruptedException {
        var log = LoggerFactory.getLogger(NodeHandlers.class);
        ok.warnings().stream().map(Finding::render).forEach(text -> log.atWarn().log(text));
        List<String> texts = Stream.concat(ok.warnings().stream(), ok.waits().stream())
                .map(Finding::render)
                .toList();
        try (Daemon daemon = Daemon.start(ok.config(), texts, ok.waits(), file)) {
            Signals.on("HUP", () -> {
                supervisor.reloading();
                // What comes of it is an event, in the log.
                var _ = daemon.reload(Reloader.Trigger.SIGNAL).whenComplete((result, failure) -> supervisor.reloaded());
            });
            supervisor.ready(() -> daemon.notLive().isEmpty(), daemon::inOneLine);
            stop.await();
            supervisor.stopping(daemon.drainLimit());
        }
        return ExitCode.DONE;
    }

    @Override
    public int check(CheckOptions options, PrintStream out, PrintStream err) {
        Environment host = options.isOffline() ? Environment.ofNoHost(options.node()) : environment(options.node());
        Loaded loaded = ConfigLoader.load(options.config(), host);
        List<String> refused = loaded instanceof Loaded.Ok ok && !options.isOffline() ? tlsProblems(ok) : List.of();
        return switch (loaded) {
            case Loaded.Invalid(var problems) -> {
                problems.forEach(problem -> err.println(problem.renderWithSource()));
                err.println(
                        problems.size() == 1
                                ? "1 problem"
                                : (problems.size() > Finding.MOST ? "more than " + Finding.MOST : problems.size())
                                        + " problems");
                yield ExitCode.CONFIGURATION;
            }
            case Loaded.Ok _
            when !refused.isEmpty() -> {
                refused.forEach(problem -> err.println(options.config() + ": " + problem));
                err.println(refused.size() == 1 ? "1 problem" : refused.size() + " problems");
                yield ExitCode.CONFIGURATION;
            }
            case Loaded.Ok(var config, var warnings, var waits) -> {
                warnings.forEach(warning -> err.println("warning: " + warning.renderWithSource()));
                waits.forEach(wait -> err.println("warning: not yet: " + wait.renderWithSource()));
                String self = config.self().name();
                out.println(options.config() + " is valid: "
                        + (self.equals(Node.NOT_KNOWN_YET) ? "" : "this is node " + self + " of ")
                        + config.nodes().size() + (self.equals(Node.NOT_KNOWN_YET) ? " nodes" : "") + ", with "
                        + config.virtualRouters().size() + " virtual routers, "
                        + config.listeners().size() + " listeners, "
                        + config.pools().size() + " pools");
                Integer seconds = options.listenSeconds();
                yield seconds == null
                        ? ExitCode.DONE
                        : VridSurvey.run(ConfigMapper.routers(config), Duration.ofSeconds(seconds), out, err);
            }
        };
    }

    /** What a start finds, by what it does and not by a judge of its own; files that are not there yet are waited for. */
    private static List<String> tlsProblems(Loaded.Ok ok) {
        return ok.needs().isEmpty() ? TlsProvisioning.problems(ok.config()) : List.of();
    }

    @Override
    public int vrrp(VrrpOptions options, PrintStream out, PrintStream err) {
        if (options.interfaceName() != null && !options.isConfigGiven() && !Files.exists(options.config())) {
            return new VrrpCommand(options, List.of(), out, err).run();
        }
        return switch (ConfigLoader.load(options.config(), environment(options.node()))) {
            case Loaded.Invalid(var problems) -> {
                problems.forEach(problem -> err.println(problem.render()));
                yield ExitCode.CONFIGURATION;
            }
            case Loaded.Ok(var config, var _, var _) ->
                new VrrpCommand(options, ConfigMapper.routers(config), out, err).run();
        };
    }

    @Override
    public int init(InitOptions options, PrintStream out, PrintStream err) {
        var wishes = new InitAnswers(
                options.vip(),
                options.nodes(),
                options.masters(),
                options.vrid(),
                options.interfaceName(),
                options.port(),
                options.areServersBound());
        var questions = options.questions();
        return switch (new Init(environment(null), out, err)
                .run(wishes, options.output(), options.force(), questions == null ? null : questions::apply)) {
            case WRITTEN -> ExitCode.DONE;
            case REFUSED -> ExitCode.USAGE;
            case FAILED -> ExitCode.FAILED;
        };
    }

    @Override
    public int manifest(ManifestOptions options, PrintStream out, PrintStream err) {
        return switch (ConfigLoader.load(options.config(), environment(options.node()))) {
            case Loaded.Invalid(var problems) -> {
                problems.forEach(problem -> err.println(problem.renderWithSource()));
                err.println("hawser manifest: " + options.config()
                        + " is invalid: mend it (hawser check), or write one with hawser init");
                yield ExitCode.CONFIGURATION;
            }
            case Loaded.Ok(var config, var warnings, var waits) -> {
                warnings.forEach(warning -> err.println("warning: " + warning.renderWithSource()));
                waits.forEach(wait -> err.println("warning: not yet: " + wait.renderWithSource()));
                out.print(Manifest.of(
                        config,
                        options.config().toAbsolutePath().normalize(),
                        new Manifest.Options(options.image(), options.leastPrivilege(), options.node())));
                yield ExitCode.DONE;
            }
        };
    }

    @Override
    public int demo(DemoOptions options, PrintStream out, PrintStream err) {
        return Demo.run(options.once(), options.single(), out, err);
    }

    @Override
    public Optional<Path> adminSocket(Path config) {
        return ConfigLoader.load(config, environment(null)) instanceof Loaded.Ok(var loaded, var _, var _)
                ? Optional.of(loaded.admin().socket())
                : Optional.empty();
    }

    private static Environment environment(@Nullable String node) {
        return Environment.ofThisHost(node);
    }
}
