package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The documentation says what is: each {@code hawser} command in it exists with its options, those that need no cluster are
 * run against a node, and every link leads somewhere. Which were run is left in target/docs-commands.txt.
 */
@Tag("e2e")
class DocsTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Duration LIMIT = Await.LIMIT;

    private static final String NAME = "(?:sudo |\\./|/opt/hawser/bin/)?hawser ([a-z]+(?: [^`\n]*)?)";

    /** A line of an indented or fenced block. */
    private static final Pattern LINE = Pattern.compile("^(?: {4,})?(?:source <\\()?" + NAME + "$");

    private static final Pattern INLINE = Pattern.compile("`" + NAME + "`");
    private static final Pattern OPTION = Pattern.compile("(?<=\\s)(--?[a-z][a-z-]*)");
    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");

    /** Commands that are run as they stand, in this order; the others need other nodes, a right, or somebody to end them. */
    private static final List<String> RUN = List.of(
            "version",
            "check",
            "status",
            "events",
            "completion",
            "manifest",
            "init",
            "weight",
            "drain",
            "enable",
            "reload",
            "support");

    @TempDir
    Path directory;

    static List<Path> pages() throws IOException {
        try (Stream<Path> root = Files.list(ROOT);
                Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
            return Stream.concat(root, docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    // Tells what was, too.
                    .filter(file -> !file.endsWith("CHANGELOG.md"))
                    .sorted()
                    .toList();
        }
    }

    /** Each command once, without what the shell makes of it and without the words beside it. */
    private static Set<String> commands() throws IOException {
        Set<String> found = new LinkedHashSet<>();
        for (Path page : pages()) {
            boolean isFenced = false;
            for (String line :
                    Files.readString(page).replaceAll("\\\\\n\\s*", "").split("\n", -1)) {
                Matcher code = LINE.matcher(line);
                // A line of running text may begin with the name as well.
                if (code.find() && (line.startsWith("    ") || isFenced)) {
                    found.add(bare(code.group(1)));
                }
                INLINE.matcher(line).results().forEach(inline -> found.add(bare(inline.group(1))));
                isFenced ^= line.startsWith("```");
            }
        }
        return found;
    }

    private static String bare(String command) {
        return command.split("\\s{2,}|\\s#|\\s[|>&]|[);]", 2)[0].strip();
    }

    @Test
    void everyCommandExistsWithItsOptions() throws IOException {
        Map<String, String> helps = new HashMap<>();
        List<String> wrong = new ArrayList<>();
        Set<String> commands = commands();
        assertTrue(commands.size() > 20, commands::toString);
        for (String command : commands) {
            String name = command.split(" ", 2)[0];
            String help = helps.computeIfAbsent(name, DocsTest::help);
            if (help.isEmpty()) {
                wrong.add("hawser " + command + ": there is no command " + name);
                continue;
            }
            OPTION.matcher(command)
                    .results()
                    .map(found -> found.group(1))
                    .filter(option -> !Pattern.compile(
                                    "(^|[\\s,\\[])" + option + "($|[\\s,=\\[\\]])", Pattern.MULTILINE)
                            .matcher(help)
                            .find())
                    .forEach(option -> wrong.add("hawser " + command + ": there is no option " + option));
        }
        assertEquals(List.of(), wrong);
    }

    private static String help(String name) {
        try (Run run = Run.hawser(name, "--help")) {
            return run.exit(LIMIT) == 0 ? run.output() : "";
        }
    }

    @Test
    void whatNeedsNoClusterIsRunAsItStands() throws Exception {
        Path config = directory.resolve("hawser.yaml");
        int[] ports = Ports.free(5);
        Files.writeString(
                config, """
                nodes: [{name: lb1, address: 127.0.0.1}]
                listeners: [{name: kube-api, bind: "127.0.0.1:%d", pool: masters}]
                pools:
                  - name: masters
                    members: [{name: m1, address: "127.0.0.1:%d"}, {name: m2, address: "127.0.0.1:%d"}, {name: m3, address: "127.0.0.1:%d"}]
                    health: {type: tcp}
                admin: {bind: "127.0.0.1:%d", socket: "%s"}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                """.formatted(ports[0], ports[1], ports[2], ports[3], ports[4], directory.resolve("s")));
        List<String> report = new ArrayList<>();
        Set<String> ran = new LinkedHashSet<>();
        try (Run node = Run.hawser("run", "--config", config.toString(), "--node", "lb1")) {
            Run.await("start:\n" + node.output(), LIMIT, () -> Files.exists(directory.resolve("s")));
            for (String name : RUN) {
                for (String command : commands()) {
                    if (command.split(" ", 2)[0].equals(name) && standsAlone(command)) {
                        runAsItStands(command, config);
                        ran.add(command);
                    }
                }
            }
        }
        for (String command : commands()) {
            report.add((ran.contains(command) ? "run     " : "checked ") + "hawser " + command);
        }
        Files.write(Path.of("target", "docs-commands.txt"), report);
        Set<String> names = ran.stream().map(each -> each.split(" ", 2)[0]).collect(Collectors.toSet());
        assertTrue(
                names.containsAll(List.of("status", "events", "check", "init", "manifest", "drain", "enable")),
                names::toString);
    }

    private static boolean standsAlone(String command) {
        // Without flags it asks a person.
        return !command.equals("init")
                && !command.contains("--follow")
                && !command.contains("--listen")
                && !command.contains("--wait")
                && !command.contains("--url")
                && !command.contains("--socket")
                && !Pattern.compile("\\b[A-Z]{2,}\\b").matcher(command).find();
    }

    private void runAsItStands(String command, Path config) throws IOException {
        boolean makes = command.startsWith("init");
        Path file = makes ? directory.resolve("init-" + System.nanoTime() + ".yaml") : config;
        String shell = "cd '" + directory + "' && HAWSER_CONFIG='" + file + "' HAWSER_NODE=lb1 " + "'"
                + Requirements.launcher() + "' " + command;
        try (Run run = Run.start("sh", "-c", shell)) {
            assertEquals(0, run.exit(LIMIT), () -> "hawser " + command + "\n" + run.output());
        }
    }

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        List<String> wrong = new ArrayList<>();
        int looked = 0;
        for (Path page : pages()) {
            Matcher link = LINK.matcher(Files.readString(page));
            while (link.find()) {
                String target = link.group(1);
                if (target.contains("://") || target.startsWith("mailto:")) {
                    continue;
                }
                looked++;
                String[] parts = target.split("#", 2);
                Path file = parts[0].isEmpty()
                        ? page
                        : page.resolveSibling(parts[0]).normalize();
                if (!Files.exists(file)) {
                    wrong.add(page.getFileName() + ": " + target + " is not there");
                } else if (parts.length == 2 && !anchors(file).contains(parts[1])) {
                    wrong.add(page.getFileName() + ": " + target + " has no such heading");
                }
            }
        }
        assertTrue(looked > 10, "only " + looked + " links were found");
        assertEquals(List.of(), wrong);
    }

    private static Set<String> anchors(Path page) throws IOException {
        return Files.readString(page)
                .lines()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("^#+\\s*", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }
}
