package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in the image, by its layers. */
class ImageTest {
    private static final long LARGEST = 150_000_000;

    /** A line of {@code tar --verbose}: mode, owner, size, and the path. */
    private record Entry(String mode, String owner, long size, String path) {
        static Entry of(String line) {
            String[] fields = line.split(" +", 6);
            return new Entry(fields[0], fields[1], Long.parseLong(fields[2]), fields[5].replaceFirst(" -> .*", ""));
        }

        boolean isFile() {
            return mode.startsWith("-");
        }

        String name() {
            return path.replaceFirst("/$", "").replaceFirst(".*/", "");
        }
    }

    private static List<Entry> entries(Path work) throws Exception {
        output("tar", "-xf", Requirements.image().toString(), "-C", work.toString());
        try (Stream<Path> blobs = Files.list(work.resolve("blobs/sha256"))) {
            List<Path> layers = blobs.filter(ImageTest::isGzip).toList();
            assertEquals(3, layers.size(), "layers");
            return layers.stream()
                    .flatMap(layer -> output("tar", "--numeric-owner", "-tvzf", layer.toString())
                            .lines())
                    .map(Entry::of)
                    .toList();
        }
    }

    private static boolean isGzip(Path file) {
        try (var in = Files.newInputStream(file)) {
            return in.read() == 0x1f && in.read() == 0x8b;
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String output(String... command) {
        try (Run run = Run.start(command)) {
            int exit = run.exit(Duration.ofSeconds(60));
            assertEquals(0, exit, () -> String.join(" ", command) + ": " + run.output());
            return run.output();
        }
    }

    @Test
    void hasNoShellNoSetuidFileAndOnlyTheLibrariesOfLibc6(@TempDir Path work) throws Exception {
        List<Entry> entries = entries(work);

        assertEquals(
                List.of(),
                entries.stream()
                        .filter(each -> each.mode().matches(".*[sS].*"))
                        .map(Entry::path)
                        .toList(),
                "setuid or setgid");
        assertEquals(
                List.of(),
                entries.stream()
                        .filter(each -> each.name().matches("(ba|da|a|z|k|c)?sh|busybox|toybox|env|perl|python.*"))
                        .map(Entry::path)
                        .toList(),
                "shells");
        assertEquals(
                List.of(),
                entries.stream()
                        .filter(each -> !each.owner().equals("0/0"))
                        .map(Entry::path)
                        .toList(),
                "not of root");
        assertEquals(
                List.of("tmp/"),
                entries.stream()
                        .filter(each ->
                                each.mode().charAt(8) == 'w' && !each.mode().startsWith("l"))
                        .map(Entry::path)
                        .toList(),
                "writable by all");
        assertEquals(
                new TreeSet<>(List.of(
                        "ld-linux-x86-64.so.2",
                        "libc.so.6",
                        "libdl.so.2",
                        "libm.so.6",
                        "libpthread.so.0",
                        "librt.so.1")),
                entries.stream()
                        .filter(each -> each.isFile() && each.path().matches("lib(64)?/.*"))
                        .map(Entry::name)
                        .collect(Collectors.toCollection(TreeSet::new)),
                "libraries");
        assertEquals(
                new TreeSet<>(List.of("opt/hawser/runtime/bin/java", "usr/bin/hawser")),
                entries.stream()
                        .filter(each -> each.isFile() && each.path().matches(".*bin/[^/]+"))
                        .map(Entry::path)
                        .collect(Collectors.toCollection(TreeSet::new)),
                "commands");
        long size = entries.stream().mapToLong(Entry::size).sum();
        assertTrue(size < LARGEST, () -> size + " bytes unpacked");
    }

    @Test
    void isTheSameEachTimeItIsMade() throws Exception {
        Path image = Requirements.image();
        String before = digest(image);
        Path module = Path.of("").toAbsolutePath();
        output(
                "bash",
                module + "/src/main/build/image.sh",
                module.toString(),
                System.getProperty("java.home"),
                "1767225600",
                "0.1.0");

        assertEquals(before, digest(image));
    }

    private static String digest(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}
