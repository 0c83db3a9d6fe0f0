package io.hawser.lb.setup;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.config.Cidr;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Finding;
import io.hawser.lb.config.Loaded;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code hawser init}: a configuration from a few answers. Main thread; blocks on the terminal, the file and the resolver. */
public final class Init {
    /** How it ended. */
    public enum Result {
        /** The file is written. */
        WRITTEN,
        /** The answers make no configuration, or the file is there already. */
        REFUSED,
        /** The file could not be written. */
        FAILED
    }

    private final Environment host;
    private final PrintStream out;
    private final PrintStream err;

    /** Asks a person, who sits at a terminal. */
    @FunctionalInterface
    public interface Questions {
        /** The answer to a question; empty: there will be none. */
        Optional<String> ask(String question);
    }

    /**
     * @param host this host; when it is one of the nodes, the file is judged for it too
     * @param out what was done and what comes next
     * @param err what is wrong
     */
    public Init(Environment host, PrintStream out, PrintStream err) {
        this.host = requireNonNull(host, "host");
        this.out = requireNonNull(out, "out");
        this.err = requireNonNull(err, "err");
    }

    /**
     * Writes a file, or says why not.
     *
     * @param wishes what was given
     * @param file where to; null: to {@code out}
     * @param isForced whether a file that is there is replaced
     * @param questions asks for what was not given; null: nobody is there
     */
    public Result run(InitAnswers wishes, @Nullable Path file, boolean isForced, @Nullable Questions questions) {
        if (file != null && Files.exists(file) && !isForced) {
            return refuse(
                    List.of(file + " is there already: give --force to replace it, or another name with --output"));
        }
        InitAnswers all = questions == null ? wishes : completed(wishes, questions);
        if (!all.missing().isEmpty()) {
            return refuse(List.of(String.join(", ", all.missing())
                    + (all.missing().size() == 1 ? " is" : " are") + " missing; as in: hawser init --vip 10.77.0.10"
                    + " --node lb1=10.77.0.11 --node lb2=10.77.0.12 --master 10.77.0.21 --master 10.77.0.22"));
        }
        Layout layout = Layout.of(all);
        List<String> contradictions = layout.contradictions(all.areServersBound());
        if (!contradictions.isEmpty()) {
            return refuse(contradictions);
        }
        String text = ConfigurationText.of(layout, all.vrid(), all.interfaceName());
        List<String> problems = judged(layout, all.interfaceName(), text);
        return problems.isEmpty() ? written(layout, text, file) : refuse(problems);
    }

    private Result refuse(List<String> reasons) {
        reasons.forEach(reason -> err.println("hawser init: " + reason));
        return Result.REFUSED;
    }

    private static InitAnswers completed(InitAnswers wishes, Questions questions) {
        String vip = wishes.vip();
        if (vip == null) {
            vip = questions
                    .ask("virtual address, which no machine has: ")
                    .map(String::strip)
                    .filter(answer -> !answer.isEmpty())
                    .orElse(null);
        }
        if (vip == null) {
            return wishes;
        }
        List<String> nodes = wishes.nodes().isEmpty()
                ? words(questions.ask(
                        "load-balancer nodes, highest priority first, as in lb1=10.77.0.11 lb2=10.77.0.12: "))
                : wishes.nodes();
        List<String> masters = nodes.isEmpty() || !wishes.masters().isEmpty()
                ? wishes.masters()
                : words(questions.ask("API servers, as in 10.77.0.21 10.77.0.22 10.77.0.23: "));
        return wishes.with(vip, nodes, masters);
    }

    private static List<String> words(Optional<String> answer) {
        return Arrays.stream(answer.orElse("").split("[ ,]+"))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    /** What the loader says of the text on each of the nodes, in terms of the flags. */
    private List<String> judged(Layout layout, @Nullable String interfaceName, String text) {
        List<String> problems = new ArrayList<>();
        for (Layout.NamedNode node : layout.nodes()) {
            InetAddress address = Layout.address(node.address());
            // On another machine only the address is known; that every network is there keeps the loader from guessing.
            List<Environment.Interface> interfaces = address == null
                    ? List.of()
                    : List.of(new Environment.Interface(
                            interfaceName == null ? "eth0" : interfaceName, List.of(new Cidr(address, 0))));
            var elsewhere = new Environment(node.name(), null, node.name(), interfaces, host.resolver());
            // Whoever writes a name now is told now that there is none of it.
            List<? extends Finding> found = switch (ConfigLoader.parse(Path.of("hawser.yaml"), text, elsewhere)) {
                case Loaded.Invalid invalid -> invalid.problems();
                case Loaded.Ok ok -> ok.waits();
            };
            found.stream()
                    .map(problem -> flag(problem) + problem.message())
                    .filter(problem -> !problems.contains(problem))
                    .forEach(problems::add);
        }
        return problems;
    }

    private static String flag(Finding finding) {
        String path = finding.path();
        return path.startsWith("nodes")
                ? "--node: "
                : path.startsWith("virtual-routers[0].id")
                        ? "--vrid: "
                        : path.startsWith("virtual-routers[0].interface")
                                ? "--interface: "
                                : path.startsWith("virtual-routers")
                                        ? "--vip: "
                                        : path.startsWith("listeners")
                                                ? "--port: "
                                                : path.startsWith("pools") ? "--master: " : "";
    }

    private Result written(Layout layout, String text, @Nullable Path file) {
        if (file == null) {
            out.print(text);
            return Result.WRITTEN;
        }
        try {
            replace(file.toAbsolutePath(), text);
        } catch (IOException e) {
            err.println("hawser init: writing " + file + " failed: " + reason(e));
            return Result.FAILED;
        }
        warnings(file, text);
        out.println("wrote " + file);
        out.println("next, on each of " + String.join(", ", names(layout))
                + ": the same file, hawser check, and hawser run" + " or the pod of hawser manifest");
        out.println("then kubeadm init --control-plane-endpoint " + layout.endpoint());
        if (layout.nodes().size() == 1) {
            out.println("one node has nobody to hand the address to: give a second --node");
        }
        if (layout.isStacked() && layout.port().equals(InitAnswers.STACKED_PORT)) {
            out.println("clients use port " + InitAnswers.STACKED_PORT
                    + ", because the API servers on these nodes have " + InitAnswers.API_PORT);
        }
        return Result.WRITTEN;
    }

    private static List<String> names(Layout layout) {
        return layout.nodes().stream().map(Layout.NamedNode::name).toList();
    }

    /** What is odd about the file on this host, if it is one of the nodes. */
    private void warnings(Path file, String text) {
        if (ConfigLoader.parse(file, text, host) instanceof Loaded.Ok(var _, var warnings, var _)) {
            warnings.forEach(warning -> err.println("warning: " + warning.renderWithSource()));
        }
    }

    /** Whoever reads the file at this moment sees the old one or the new one, never a part. */
    private static void replace(Path file, String text) throws IOException {
        Path directory = requireNonNull(file.getParent(), "parent");
        Files.createDirectories(directory);
        Path whole = Files.writeString(directory.resolve("." + file.getFileName() + ".new"), text);
        try {
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(whole);
            throw e;
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException _ -> "not permitted: run it as root, or name another file with --output";
            case FileSystemException specific when specific.getReason() != null -> specific.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }
}
