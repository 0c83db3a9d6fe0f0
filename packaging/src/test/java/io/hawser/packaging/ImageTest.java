package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.testkit.Await;
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
    private static final long LARGEST = 135_000_000;
    private static final Duration LIMIT = Await.LIMIT;

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
    void hasNoShellNoSetuidFileAndOnlyTheLibrariesOfLibc6AndLibcrypto(@TempDir Path work) throws Exception {
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
        TreeSet<String> libraries = new TreeSet<>(List.of(
                "ld-linux-x86-64.so.2", "libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "librt.so.1"));
        if (hasLibcrypto()) {
            libraries.add("libcrypto.so.3");
        }
        assertEquals(
                libraries,
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

    private static boolean hasLibcrypto() {
        return Files.exists(Path.of("/lib/x86_64-linux-gnu/libcrypto.so.3"));
    }

    @Test
    void signsWithItsLibcryptoAndWithoutItAsWell(@TempDir Path work) throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root: chroot");
        assumeTrue(hasLibcrypto(), "needs libcrypto.so.3 (libssl3) where the image is built");
        Requirements.tools("unshare", "chroot", "openssl");
        Path root = Files.createDirectory(work.resolve("root"));
        entries(work);
        try (Stream<Path> blobs = Files.list(work.resolve("blobs/sha256"))) {
            blobs.filter(ImageTest::isGzip)
                    .forEach(layer -> output("tar", "-xzf", layer.toString(), "-C", root.toString()));
        }
        Files.createDirectory(root.resolve("proc"));
        output(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=localhost",
                "-keyout",
                root.resolve("tls.key").toString(),
                "-out",
                root.resolve("tls.pem").toString());
        int[] ports = Ports.free(2);
        Files.writeString(root.resolve("hawser.yaml"), """
                nodes: [{name: one, address: 127.0.0.1}]
                listeners: [{name: tls, bind: "127.0.0.1:%d", pool: self, mode: tls, tls: {certificate: /tls.pem, key: /tls.key}}]
                pools: [{name: self, members: ["127.0.0.1:%d"], health: {type: tcp}}]
                admin: {bind: "127.0.0.1:%d", socket: "/run/hawser/hawser.sock"}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                """.formatted(ports[0], ports[1], ports[1]));

        shakes(root, ports[0], "RSA signatures are made by libcrypto.so.3");
        Files.delete(root.resolve("lib/x86_64-linux-gnu/libcrypto.so.3"));
        shakes(root, ports[0], "RSA signatures are made by the TLS library");
    }

    /** Runs the image's root and says hello to it. */
    private static void shakes(Path root, int port, String said) {
        try (Run hawser = Run.start(
                "unshare",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "sh",
                "-c",
                "mount -t proc proc " + root + "/proc && exec chroot " + root
                        + " /usr/bin/hawser run --config /hawser.yaml --node one")) {
            Run.await(said, LIMIT, () -> hawser.output().contains(said) || !hawser.isAlive());
            assertTrue(hawser.output().contains(said), hawser::output);
            Run.await("a handshake", LIMIT, () -> {
                try (Run client = Run.start("openssl", "s_client", "-connect", "127.0.0.1:" + port)) {
                    var _ = client.exit(LIMIT);
                    return client.output().contains("Peer signature type: RSA-PSS");
                }
            });
        }
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
