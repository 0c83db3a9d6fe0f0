package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in the tar of the distribution, and what its start makes of it. */
class DistributionTest {
    private static final double LEAST_CACHED = 0.98;
    private static final Pattern PURL = Pattern.compile(
            "\"purl\" : \"pkg:maven/[^/]+/(?<name>[^@]+)@(?<version>[^?\"]+)\\?(classifier=(?<classifier>[^&\"]+)&)?type=jar\"");

    /** Each jar that is packed, and each whose native code is packed in its place. */
    @Test
    void itsBillOfMaterialsNamesWhatIsPackedAndNothingElse() throws IOException {
        List<String> packed = output("-tzf").lines().toList();
        Set<String> jars = names(packed, "hawser/lib/[^/]*\\.jar");
        assertTrue(jars.size() > 20, jars::toString);
        Set<String> unaccounted = names(packed, "hawser/lib/native/[^/]*\\.so");
        assertEquals(3, unaccounted.size(), unaccounted::toString);
        for (Path jar : built()) {
            String name = jar.getFileName().toString();
            if (!jars.contains(name) && unaccounted.removeAll(natives(jar))) {
                jars.add(name);
            }
        }
        assertEquals(Set.of(), unaccounted, "native code that is of no jar");

        String bill = output("-xzOf", "hawser/hawser-sbom.json");
        // The first purls are those of what made the bill, and of hawser as a whole.
        String components =
                bill.substring(bill.lastIndexOf("\"components\" : ["), bill.indexOf("\"dependencies\" : ["));
        assertEquals(
                jars,
                PURL.matcher(components)
                        .results()
                        .map(found -> found.group("name") + "-" + found.group("version")
                                + (found.group("classifier") == null ? "" : "-" + found.group("classifier")) + ".jar")
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    private static Set<String> names(List<String> paths, String pattern) {
        return paths.stream()
                .filter(path -> path.matches(pattern))
                .map(path -> path.replaceFirst(".*/", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<Path> built() throws IOException {
        try (Stream<Path> jars = Files.list(Requirements.tar().resolveSibling("jars"))) {
            return jars.sorted().toList();
        }
    }

    private static Set<String> natives(Path jar) throws IOException {
        try (JarFile opened = new JarFile(jar.toFile())) {
            return names(opened.stream().map(ZipEntry::getName).toList(), ".*\\.so");
        }
    }

    /**
     * Of the classes of a start with checks and TLS: those that are read from a jar instead are not trained. Those that are made while it runs
     * (proxies, method handles) come from neither. The jars of jnr's assemblers hold classes of a form that the JVM keeps in no cache.
     */
    @Test
    void itsStartTakesClassesFromTheCacheAndNotFromJars(@TempDir Path directory) throws IOException {
        Requirements.tools("openssl");
        Path log = directory.resolve("classes.log");
        try (Run node = node(directory, "HAWSER_JVM_OPTS=-Xlog:class+load=info:file=" + log + ":none")) {
            awaitReady(node);
        }
        List<String> sources = Files.readAllLines(log).stream()
                .map(line -> line.replaceFirst(".* source: ", ""))
                .toList();
        long cached = sources.stream()
                .filter(source -> source.startsWith("shared objects file"))
                .count();
        List<String> read = sources.stream()
                .filter(source -> source.startsWith("file:") || source.startsWith("jrt:"))
                .toList();
        assertTrue(cached > 3_000, () -> cached + " classes from the cache");
        assertTrue(
                cached >= LEAST_CACHED * (cached + read.size()),
                () -> cached + " classes from the cache, and these from where they are packed: " + read);
    }

    private static Run node(Path directory, String environment) throws IOException {
        try (Run certificate = Run.start(
                "openssl",
                "req",
                "-x509",
                "-nodes",
                "-subj",
                "/CN=localhost",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-keyout",
                directory.resolve("key.pem").toString(),
                "-out",
                directory.resolve("certificate.pem").toString())) {
            assertEquals(0, certificate.exit(Duration.ofSeconds(30)), certificate::output);
        }
        int[] ports = Ports.free(3);
        Path configuration = Files.writeString(directory.resolve("hawser.yaml"), """
                nodes: [{name: one, address: 127.0.0.1}]
                listeners:
                  - {name: plain, bind: "127.0.0.1:%1$d", pool: self}
                  - {name: tls, bind: "127.0.0.1:%2$d", pool: self, mode: tls, tls: {certificate: certificate.pem, key: key.pem}}
                pools:
                  - {name: self, members: ["127.0.0.1:%3$d"], health: {type: http, path: /livez}}
                admin: {bind: "127.0.0.1:%3$d", socket: "%4$s"}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                """.formatted(
                        ports[0], ports[1], ports[2], directory.resolve("hawser.sock")));
        return Run.start(
                "env",
                environment,
                Requirements.launcher().toString(),
                "run",
                "--config",
                configuration.toString(),
                "--node",
                "one");
    }

    private static void awaitReady(Run node) {
        Run.await("the node is ready:\n" + node.output(), Duration.ofSeconds(60), () -> {
            assertTrue(node.isAlive(), node::output);
            return node.output().contains("kind=ready");
        });
    }

    private static String output(String option, String... members) {
        String[] command = new String[3 + members.length];
        command[0] = "tar";
        command[1] = option;
        command[2] = Requirements.tar().toString();
        System.arraycopy(members, 0, command, 3, members.length);
        try (Run run = Run.start(command)) {
            assertEquals(0, run.exit(Duration.ofSeconds(60)), run::output);
            return run.output();
        }
    }
}
