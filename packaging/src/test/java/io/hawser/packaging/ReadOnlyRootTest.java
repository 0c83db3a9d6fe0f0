package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of the file system must be writable: the runtime directory, and nothing else. In a mount namespace. */
@Tag("e2e")
class ReadOnlyRootTest {
    private static final Duration START = Await.LIMIT;

    @TempDir
    Path directory;

    @BeforeEach
    void requireMountNamespaces() {
        Requirements.namespaces();
        Requirements.tools("unshare", "mount");
    }

    /** Runs the launcher where these commands have changed what is mounted; the distribution is at /mnt there. */
    private static Run after(String mounts, String... arguments) {
        Path distribution = Requirements.launcher().getParent().getParent();
        List<String> command = new ArrayList<>(List.of(
                "unshare",
                "--mount",
                "--net",
                "sh",
                "-ec",
                "ip link set lo up; mount --make-rprivate /; mount --bind " + distribution
                        + " /mnt; mkdir -p /run/hawser; " + mounts + "; exec /mnt/bin/hawser \"$@\"",
                "sh"));
        command.addAll(List.of(arguments));
        return Run.start(command.toArray(String[]::new));
    }

    /** A node that ends TLS, so that each native library is needed. */
    private Path configuration() throws Exception {
        Run.start(
                        "openssl",
                        "req",
                        "-x509",
                        "-nodes",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:prime256v1",
                        "-subj",
                        "/CN=api",
                        "-keyout",
                        directory.resolve("key.pem").toString(),
                        "-out",
                        directory.resolve("crt.pem").toString())
                .exit(START);
        return Files.writeString(directory.resolve("hawser.yaml"), """
                nodes: [{name: one, address: 127.0.0.1}]
                listeners:
                  - {name: api, bind: "127.0.0.1:16443", pool: p, mode: tls, tls: {certificate: crt.pem, key: key.pem}}
                pools:
                  - {name: p, members: ["127.0.0.1:16444"], health: {type: tcp}}
                admin: {bind: "127.0.0.1:19100", socket: /run/hawser/hawser.sock}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                """);
    }

    private static void starts(Run run) {
        Run.await("a start", START, () -> run.output().contains("started") || !run.isAlive());
        assertTrue(run.isAlive(), run::output);
        run.signal("TERM");
        assertEquals(0, run.exit(START), run::output);
    }

    @Test
    void aReadOnlyRootWithARuntimeDirectoryIsEnough() throws Exception {
        String file = configuration().toString();
        try (Run run = after(
                "mount --bind /tmp /tmp; mount -o remount,bind,ro /tmp; mount -o remount,bind,ro /;"
                        + " mount -t tmpfs -o noexec tmpfs /run/hawser;"
                        + " for each in / /tmp /var; do ! touch $each/hawser-writes 2>/dev/null || exit 9; done",
                "run",
                "--config",
                file)) {
            starts(run);
        }
    }

    @Test
    void aTemporaryDirectoryWithoutTheRightToExecuteIsEnough() throws Exception {
        String file = configuration().toString();
        try (Run run = after(
                "mount -t tmpfs tmpfs /run/hawser; cp -r " + directory
                        + " /run/hawser/files; mount -t tmpfs -o noexec tmpfs /tmp",
                "run",
                "--config",
                "/run/hawser/files/hawser.yaml")) {
            starts(run);
        }
        assertTrue(Files.exists(Path.of(file)));
    }

    @Test
    void withoutEitherItSaysWhatIsMissing() throws IOException {
        Path nothing = Files.createDirectory(directory.resolve("nothing"));
        Path natives = Path.of("/mnt/lib/native");
        String mounts = "mount --bind " + nothing + " " + natives + "; mount -t tmpfs -o noexec tmpfs /tmp";
        try (Run run = after(mounts, "run")) {
            assertEquals(4, run.exit(START), run::output);
            assertTrue(
                    run.output().startsWith("hawser: cannot load the native libraries for ")
                            && run.output().contains(natives + " has none that can be loaded")
                            && run.output().contains("/tmp, where they would be unpacked, is mounted noexec")
                            && run.output().contains("HAWSER_JVM_OPTS=-Djava.io.tmpdir=DIRECTORY"),
                    run::output);
            assertEquals(1, run.output().lines().count(), run::output);
        }
    }
}
