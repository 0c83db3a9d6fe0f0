package io.hawser.lb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.BlockTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Classes and methods of the product are short enough to be read by themselves. */
class SourceLengthTest {
    private static final int MOST_LINES_OF_A_FILE = 500;
    private static final int MOST_LINES_OF_A_METHOD = 60;

    private static final Path ROOT =
            Path.of(System.getProperty("basedir", ".")).resolve("..").normalize();

    @Test
    void noFileIsTooLong() throws IOException {
        Map<String, Integer> longer = new TreeMap<>();
        for (Path source : sources()) {
            int lines = Files.readAllLines(source).size();
            if (lines > MOST_LINES_OF_A_FILE) {
                longer.put(name(source), lines);
            }
        }
        assertEquals(Map.of(), longer, "longer than that");
    }

    @Test
    void noMethodIsTooLong() throws IOException {
        Map<String, Long> longer = new TreeMap<>();
        int looked = 0;
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, UTF_8)) {
            JavacTask task = (JavacTask) compiler.getTask(
                    null, files, null, List.of("-proc:none"), null, files.getJavaFileObjectsFromPaths(sources()));
            SourcePositions positions = Trees.instance(task).getSourcePositions();
            for (CompilationUnitTree unit : task.parse()) {
                Bodies bodies = new Bodies(unit, positions);
                bodies.scan(unit, null);
                looked += bodies.lines.size();
                String file = name(Path.of(unit.getSourceFile().toUri()));
                String folder = file.substring(0, file.lastIndexOf('.') + 1);
                bodies.lines.forEach((method, lines) -> {
                    if (lines > MOST_LINES_OF_A_METHOD) {
                        longer.put(folder + method, lines);
                    }
                });
            }
        }
        int all = looked;
        assertTrue(all > 3_000, () -> all + " methods were found");
        assertEquals(Map.of(), longer, "longer than that");
    }

    /** How many lines each method, constructor and initializer of a file has, from its annotations to its last brace. */
    private static final class Bodies extends TreeScanner<@Nullable Void, @Nullable Void> {
        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        /** The longest of those with one name, as overloads are. */
        private final Map<String, Long> lines = new TreeMap<>();

        Bodies(CompilationUnitTree unit, SourcePositions positions) {
            this.unit = unit;
            this.positions = positions;
        }

        @Override
        public @Nullable Void visitClass(ClassTree type, @Nullable Void nothing) {
            for (Tree member : type.getMembers()) {
                if (member instanceof MethodTree method) {
                    measure(type, method.getName().toString(), method);
                } else if (member instanceof BlockTree block) {
                    measure(type, "initializer", block);
                }
            }
            return super.visitClass(type, nothing);
        }

        private void measure(ClassTree type, String method, Tree tree) {
            long first = unit.getLineMap().getLineNumber(positions.getStartPosition(unit, tree));
            long last = unit.getLineMap().getLineNumber(positions.getEndPosition(unit, tree));
            lines.merge(type.getSimpleName() + "." + method, last - first + 1, Math::max);
        }
    }

    private static List<Path> sources() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String module : List.of("sysctl", "vrrp", "healthcheck", "lb-core", "benchmarks")) {
            try (Stream<Path> walk = Files.walk(ROOT.resolve(module + "/src/main/java"))) {
                walk.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
            }
        }
        return sources;
    }

    /** As ARCHITECTURE.md names a class: {@code lb.proxy.Phase}. */
    private static String name(Path source) {
        return source.toString()
                .replaceFirst(".*/src/main/java/io/hawser/", "")
                .replaceFirst("\\.java$", "")
                .replace('/', '.');
    }
}
