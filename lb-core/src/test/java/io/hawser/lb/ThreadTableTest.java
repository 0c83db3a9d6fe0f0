package io.hawser.lb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of threads in ARCHITECTURE.md has every thread that the product starts, and no other. */
class ThreadTableTest {
    private static final Path ROOT = Path.of(System.getProperty("basedir", ".")).resolve("..");

    /** Ways to start a thread, with its name or the start of it; a way without a name is one too. */
    private static final Pattern STARTS =
            Pattern.compile("Thread\\s*\\.of(?:Platform|Virtual)\\(\\)[^;]*?\\.name\\((?<a>[^;]*?)\\)"
                    + "|new Thread\\((?:[^;]*?, (?<b>\"[^;]*?))?\\)"
                    + "|new DefaultThreadFactory\\((?<c>[^;,)]*)"
                    + "|thread\\.setName\\((?<d>[^;]*?)\\)"
                    + "|new NetlinkThread\\((?<e>[^;,)]*)"
                    + "|Executors\\.new\\w+\\((?<none>\\d*)\\)"
                    + "|Thread\\.startVirtualThread\\((?<nameless>)");

    private static final Pattern NAME = Pattern.compile("\"([a-z-]+)\"( \\+)?");

    @Test
    void theTableHasEveryThreadAndNoOther() throws IOException {
        Set<String> started = new TreeSet<>();
        for (Path file : sources()) {
            Matcher matcher = STARTS.matcher(Files.readString(file));
            while (matcher.find()) {
                Matcher name = NAME.matcher(matcher.group());
                if (name.find()) {
                    started.add(name.group(1));
                } else {
                    // The name is handed in: who does so is looked at instead.
                    assertTrue(
                            file.endsWith("NetlinkThread.java"),
                            () -> file + " starts a thread without a name: " + matcher.group());
                }
            }
        }
        assertEquals(table(), started);
    }

    private static Set<String> table() throws IOException {
        String text = Files.readString(ROOT.resolve("ARCHITECTURE.md"));
        int begin = text.indexOf("## Threads and ownership");
        String section = text.substring(begin, text.indexOf("\n## ", begin + 1));
        Set<String> names = new TreeSet<>();
        for (String line :
                section.lines().filter(each -> each.startsWith("| `")).toList()) {
            Matcher name = Pattern.compile("`([a-z-]+?-?)(?:NAME|N)?`").matcher(line.split("\\|")[1]);
            while (name.find()) {
                names.add(name.group(1));
            }
        }
        return names;
    }

    private static List<Path> sources() throws IOException {
        List<Path> all = new java.util.ArrayList<>();
        for (String module : List.of("sysctl", "vrrp", "healthcheck", "lb-core")) {
            try (Stream<Path> walk = Files.walk(ROOT.resolve(module + "/src/main/java"))) {
                walk.filter(file -> file.toString().endsWith(".java"))
                        .filter(file -> !file.toString().contains("/demo/"))
                        .forEach(all::add);
            }
        }
        assertTrue(all.size() > 200);
        return all;
    }
}
