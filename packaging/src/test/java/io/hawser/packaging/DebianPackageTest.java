package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.linux.NotifySocket;
import io.hawser.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Debian package: what is in it, and that it runs from where it is unpacked and talks to a service manager. */
class DebianPackageTest {
    private static final Duration LIMIT = Await.LIMIT;

    /* What systemd does with its socket, and nothing else: a line for each datagram. */
    private static final String MANAGER = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.bind(sys.argv[1])
            while True:
                print(s.recv(4096).decode().replace("\\n", " "), flush=True)
            """;

    @Test
    void putsItsFilesWhereDebianWantsThemAndStartsNothingWithoutAConfiguration(@TempDir Path root) throws Exception {
        unpack(root);

        assertTrue(Files.isSymbolicLink(root.resolve("usr/bin/hawser")));
        assertFalse(Files.exists(root.resolve("etc/hawser/hawser.yaml")), "an active configuration");
        assertTrue(Files.exists(root.resolve("etc/hawser/hawser.yaml.example")));
        String unit = Files.readString(root.resolve("usr/lib/systemd/system/hawser.service"));
        for (String line : List.of(
                "ConditionPathExists=/etc/hawser/hawser.yaml",
                "Type=notify",
                "NoNewPrivileges=yes",
                "ProtectSystem=strict",
                "Restart=always")) {
            assertTrue(unit.lines().anyMatch(line::equals), line);
        }
        Requirements.tools("systemd-analyze");
        // The command is not installed on this machine.
        Path checked = root.resolve("hawser.service");
        Files.writeString(checked, unit.replace("/usr/bin/hawser", "/bin/true"));
        try (Run verify = Run.start("systemd-analyze", "verify", checked.toString())) {
            assertEquals(0, verify.exit(LIMIT), verify::output);
            assertFalse(verify.output().contains("hawser.service:"), verify::output);
        }
    }

    @Test
    void tellsTheServiceManagerWhatItDoes(@TempDir Path root) throws Exception {
        unpack(root);
        Requirements.tools("python3");
        Path socket = root.resolve("notify");
        Path configuration = root.resolve("hawser.yaml");
        Files.writeString(configuration, """
                nodes: [{name: one, address: 127.0.0.1}]
                listeners: [{name: loop, bind: "127.0.0.1:18997", pool: self}]
                pools: [{name: self, members: ["127.0.0.1:19097"], health: {type: http, path: /livez}}]
                admin: {bind: "127.0.0.1:19097", socket: "%s"}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                """.formatted(root.resolve("hawser.sock")));
        try (Run manager = Run.start("python3", "-c", MANAGER, socket.toString())) {
            Run.await("the service manager listens", LIMIT, () -> Files.exists(socket));
            try (Run hawser = Run.start(
                    "env",
                    "NOTIFY_SOCKET=" + socket,
                    "WATCHDOG_USEC=900000",
                    root.resolve("usr/bin/hawser").toString(),
                    "run",
                    "--config",
                    configuration.toString(),
                    "--node",
                    "one")) {
                Run.await(
                        "ready\n" + hawser.output(),
                        LIMIT,
                        () -> manager.output().contains("WATCHDOG=1"));
                // Where other tests remove interfaces meanwhile, it says first that it waits for the kernel.
                assertEquals(
                        "READY=1 STATUS=can serve",
                        manager.output()
                                .lines()
                                .dropWhile(line -> line.startsWith("STATUS=waits: the kernel has not answered"))
                                .findFirst()
                                .orElse(""),
                        manager::output);
                hawser.signal("HUP");
                Run.await(
                        "reloaded",
                        LIMIT,
                        () -> manager.output()
                                        .lines()
                                        .filter(line -> line.startsWith("READY=1"))
                                        .count()
                                == 2);
                assertTrue(manager.output().contains("RELOADING=1 MONOTONIC_USEC="), manager::output);

                // A frozen process gives no sign of life: nothing comes between two words of ours, a sign of which
                // would be due.
                hawser.signal("STOP");
                Run.await("frozen", LIMIT, () -> isStopped(hawser.pid()));
                say(socket, manager, "first");
                Thread.sleep(1_000);
                say(socket, manager, "second");
                assertTrue(manager.output().contains("first\nsecond\n"), manager::output);
                hawser.signal("CONT");

                hawser.signal("TERM");
                assertEquals(0, hawser.exit(LIMIT), hawser::output);
                assertTrue(manager.output().contains("STOPPING=1 EXTEND_TIMEOUT_USEC=40000000"), manager::output);
            }
        }
    }

    private static void say(Path socket, Run manager, String word) {
        try (NotifySocket own = NotifySocket.to(socket.toString())) {
            own.send(word);
        }
        Run.await(word, LIMIT, () -> manager.output().contains(word + "\n"));
    }

    private static boolean isStopped(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2) == 'T';
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void lintianFindsNothing() throws Exception {
        Requirements.tools("lintian");
        try (Run lintian = Run.start("lintian", "--allow-root", "--fail-on", "error,warning", deb().toString())) {
            assertEquals(0, lintian.exit(LIMIT), lintian::output);
        }
    }

    private static void unpack(Path root) throws Exception {
        Requirements.tools("dpkg-deb");
        try (Run unpacking = Run.start("dpkg-deb", "-x", deb().toString(), root.toString())) {
            assertEquals(0, unpacking.exit(LIMIT), unpacking::output);
        }
    }

    private static Path deb() throws IOException {
        try (var files = Files.list(Path.of("target"))) {
            return files.filter(each -> each.getFileName().toString().matches("hawser_.*\\.deb"))
                    .findFirst()
                    .orElseThrow(
                            () -> new IllegalStateException("no target/hawser_*.deb: run these tests through Maven"));
        }
    }
}
