package io.hawser.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What pages say of tests, held against the sources of all modules: a test that is named there exists. Immutable. */
public final class TestReferences {
    /** The checkout. */
    public static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /** Class, method, and the words of a row where the test has rows. */
    private static final Pattern REFERENCE = Pattern.compile("`(\\w+)\\.(\\w+)(?:\\[(.+?)])?`(?:, |$)");

    /** Sources by the simple name of the class, which two modules may share. */
    private final Map<String, List<String>> sources;

    private TestReferences(Map<String, List<String>> sources) {
        this.sources = sources;
    }

    /** With sources that somebody else names, by the simple name of their class. */
    public static TestReferences of(Map<String, List<String>> sources) {
        return new TestReferences(Map.copyOf(sources));
    }

    /** Reads the test classes of all modules. */
    public static TestReferences ofAllModules() throws IOException {
        Map<String, List<String>> sources = new HashMap<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path tests : modules.map(module -> module.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> found = Files.walk(tests)) {
                    for (Path file : found.filter(each -> each.toString().endsWith("Test.java"))
                            .toList()) {
                        String name = file.getFileName().toString().replace(".java", "");
                        sources.computeIfAbsent(name, _ -> new ArrayList<>()).add(Files.readString(file));
                    }
                }
            }
        }
        return of(sources);
    }

    /** Whether there is a test class of that simple name. */
    public boolean hasClass(String name) {
        return sources.containsKey(name);
    }

    /** Whether a class of that simple name has a test of that name. */
    public boolean hasTest(String name, String method) {
        Pattern declared = Pattern.compile(
                "@(?:Parameterized)?Test\\b(?:\\s+@\\w+(?:\\([^)]*\\))?)*\\s+void " + Pattern.quote(method) + "\\(");
        return sources.getOrDefault(name, List.of()).stream()
                .anyMatch(source -> declared.matcher(source).find());
    }

    /**
     * What is wrong with a cell that must name tests, and nothing else: {@code `Class.method`, `Class.method[row]`}.
     *
     * @param of what the cell belongs to, which each sentence begins with
     */
    public List<String> problems(String of, String cell) {
        List<String> problems = new ArrayList<>();
        Matcher reference = REFERENCE.matcher(cell);
        int end = 0;
        while (reference.find() && reference.start() == end) {
            end = reference.end();
            String name = reference.group(1);
            String method = reference.group(2);
            String row = reference.group(3);
            if (!hasClass(name)) {
                problems.add(of + ": there is no test class " + name);
            } else if (!hasTest(name, method)) {
                problems.add(of + ": " + name + " has no test " + method);
            } else if (row != null
                    && sources.getOrDefault(name, List.of()).stream()
                            .noneMatch(source -> source.contains('"' + row + '"'))) {
                problems.add(of + ": " + name + " has no row \"" + row + '"');
            }
        }
        if (end == 0 || end != cell.length()) {
            problems.add(of + " names no test: " + cell.substring(end));
        }
        return problems;
    }
}
