package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.cli.ExitCode;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import io.hawser.testkit.Await;
import io.hawser.testkit.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A start is all or nothing: what one component cannot have ends what those before it have begun. */
class StartTest {
    /** Threads that the JVM or a library makes once for everybody. */
    private static final Predicate<String> EVERYBODYS = name -> name.startsWith("ForkJoinPool")
            || name.equals("log")
            || name.contains("leaner")
            || name.contains("globalEventExecutor");

    @TempDir
    Path directory;

    private final int admin = Ports.free();
    private final int listener = Ports.free();

    private Config config(Path socket) throws IOException {
        Path file = directory.resolve("hawser.yaml");
        Files.writeString(file, """
                nodes: [{name: one, address: 127.0.0.1}]
                admin: {bind: "127.0.0.1:%d", socket: "%s"}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                limits: {drain: 1s}
                listeners: [{name: l, bind: "127.0.0.1:%d", pool: p}]
                pools: [{name: p, members: ["127.0.0.1:9"]}]
                """.formatted(admin, socket, listener));
        return switch (ConfigLoader.load(file, Environment.ofThisHost("one", _ -> List.of()))) {
            case Loaded.Invalid(var problems) -> throw new AssertionError(problems.toString());
            case Loaded.Ok(Config config, var _, var _) -> config;
        };
    }

    private Daemon start(Config config) {
        return Daemon.start(config, List.of(), new ConfigFile(directory.resolve("hawser.yaml"), () -> {
            throw new AssertionError("nobody reads it again");
        }));
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !EVERYBODYS.test(thread.getName()))
                .collect(Collectors.toSet());
    }

    private void failsWithoutATrace(Config config, String why) throws Exception {
        Set<Thread> before = threads();

        StartException e = assertThrows(StartException.class, () -> start(config));

        assertEquals(ExitCode.FAILED, e.exitCode());
        assertTrue(String.valueOf(e.getMessage()).contains(why), e.getMessage());
        AtomicReference<Set<Thread>> left = new AtomicReference<>(Set.of());
        try {
            Await.until(() -> {
                left.set(threads());
                left.get().removeAll(before);
                return left.get().isEmpty();
            });
        } catch (AssertionError late) {
            throw new AssertionError("still there: " + left.get(), late);
        }
    }

    private void startsNow(Config config) {
        try (Daemon daemon = start(config)) {
            assertEquals(List.of(), daemon.notLive());
        }
    }

    @Test
    void aPortOfAListenerThatIsTakenEndsTheAdminPort() throws Exception {
        Config config = config(directory.resolve("s"));
        try (var taken = new ServerSocket(listener, 1, InetAddress.getLoopbackAddress())) {
            failsWithoutATrace(config, ":" + taken.getLocalPort());
        }
        startsNow(config);
    }

    @Test
    void anAdminPortThatIsTakenEndsItsThreads() throws Exception {
        Config config = config(directory.resolve("s"));
        try (var taken = new ServerSocket(admin, 1, InetAddress.getLoopbackAddress())) {
            failsWithoutATrace(config, ":" + taken.getLocalPort());
        }
        startsNow(config);
    }

    @Test
    void aSocketThatCannotBeMadeEndsTheAdminPort() throws Exception {
        Path nowhere = Files.createFile(directory.resolve("file"));
        failsWithoutATrace(config(nowhere), nowhere.toString());
        startsNow(config(directory.resolve("s")));
    }
}
