package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.cli.Cli;
import io.hawser.lb.cli.ExitCode;
import io.hawser.lb.cli.Handlers;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import io.hawser.testkit.Ports;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node whose file is not there yet at boot. */
class WaitingTest {
    @TempDir
    Path directory;

    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch told = new CountDownLatch(1);
    private ConfigFile file;
    private String text;
    private int admin;

    @BeforeEach
    void write() throws Exception {
        admin = Ports.free();
        Path path = directory.resolve("hawser.yaml");
        text = """
                nodes: [{name: one, address: 127.0.0.1}]
                admin: {bind: "127.0.0.1:%d", socket: "%s"}
                listeners: [{name: l, bind: "127.0.0.1:1443", pool: p}]
                pools: [{name: p, members: ["127.0.0.1:80"], health: {type: http, path: /, bearer-token-file: token}}]
                """.formatted(admin, directory.resolve("s"));
        Files.writeString(path, text);
        file = new ConfigFile(
                path, () -> ConfigLoader.load(path, new Environment("one", null, "one", List.of(), _ -> List.of())));
    }

    private Loaded until() throws InterruptedException {
        return Waiting.until((Loaded.Ok) file.load(), file, stop, _ -> told.countDown());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return get(admin, path);
    }

    private static HttpResponse<String> get(int port, String path) throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void livesAndIsNotReadyUntilTheFileComes() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Loaded> waiting = threads.submit(this::until);
            assertTrue(told.await(60, TimeUnit.SECONDS));
            assertEquals(200, get("/livez").statusCode());
            HttpResponse<String> ready = get("/readyz");
            assertEquals(503, ready.statusCode());
            assertTrue(ready.body().contains("token"), ready::body);
            assertEquals(503, get("/healthz").statusCode());
            Files.writeString(directory.resolve("token"), "t");
            Loaded.Ok now = assertInstanceOf(Loaded.Ok.class, waiting.get(60, TimeUnit.SECONDS));
            assertEquals(List.of(), now.needs());
        }
    }

    private String command(String command) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int code = Cli.run(
                new String[] {command, "--socket", directory.resolve("s").toString()},
                new NodeHandlers(),
                Map.of("NO_COLOR", "1"),
                new PrintStream(out, true, UTF_8),
                new PrintStream(err, true, UTF_8));
        return code + " " + out.toString(UTF_8) + err.toString(UTF_8);
    }

    @Test
    void itsCommandsSayWhatIsWaitedFor() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Loaded> waiting = threads.submit(this::until);
            assertTrue(told.await(60, TimeUnit.SECONDS));
            String status = command("status");
            assertTrue(status.startsWith("0 one: cannot serve"), status);
            assertTrue(status.contains("token\" does not exist: write it, or correct the path"), status);
            String reload = command("reload");
            assertTrue(reload.startsWith("1 "), reload);
            assertTrue(reload.contains("this node has not started; it is waiting: "), reload);
            stop.countDown();
            waiting.get(60, TimeUnit.SECONDS);
        }
        assertFalse(Files.exists(directory.resolve("s")), "the socket is free for the start");
    }

    /** As when the directory of the file is mounted late. */
    @Test
    void theConfigurationItselfIsWaitedFor() throws Exception {
        Path path = file.path();
        Files.delete(path);
        int early = Ports.free();
        var unknown = new Waiting.Place(new InetSocketAddress("127.0.0.1", early), directory.resolve("s"));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Loaded> waiting =
                    threads.submit(() -> Waiting.until(file.load(), file, unknown, stop, _ -> told.countDown()));
            assertTrue(told.await(60, TimeUnit.SECONDS));
            assertEquals(200, get(early, "/livez").statusCode());
            HttpResponse<String> ready = get(early, "/readyz");
            assertEquals(503, ready.statusCode());
            assertTrue(ready.body().contains("there is no such file"), ready::body);
            String status = command("status");
            assertTrue(status.startsWith("0 (not known yet): cannot serve"), status);
            assertTrue(
                    status.contains("the configuration " + path
                            + ": there is no such file: write it, or name another with --config"),
                    status);
            Files.writeString(directory.resolve("next"), text);
            Files.move(directory.resolve("next"), path);
            TestNode.await("the port that the file names is asked", () -> answers("/livez"));
            assertEquals(503, get("/readyz").statusCode(), "the token is not there yet");
            Files.writeString(directory.resolve("token"), "t");
            assertEquals(
                    List.of(),
                    assertInstanceOf(Loaded.Ok.class, waiting.get(60, TimeUnit.SECONDS))
                            .needs());
        }
    }

    private boolean answers(String path) {
        try {
            return get(path).statusCode() == 200;
        } catch (IOException _) {
            return false;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aWrongFileThatComesLateEndsTheWaiting() throws Exception {
        Loaded absent = new Loaded.Invalid(List.of());
        Files.writeString(file.path(), "nodes: [");
        assertInstanceOf(
                Loaded.Invalid.class,
                Waiting.until(
                        absent,
                        file,
                        new Waiting.Place(new InetSocketAddress("127.0.0.1", admin), directory.resolve("s")),
                        stop,
                        _ -> {}));
    }

    @Test
    void whatNeverCanBeReadIsNotWaitedFor() throws Exception {
        var err = new ByteArrayOutputStream();
        int code = new NodeHandlers()
                .run(
                        new Handlers.RunOptions(directory, "one"),
                        new PrintStream(new ByteArrayOutputStream(), true, UTF_8),
                        new PrintStream(err, true, UTF_8));
        assertEquals(ExitCode.CONFIGURATION, code);
        assertTrue(err.toString(UTF_8).contains("this is a directory: name the file in it"), err.toString(UTF_8));
        assertEquals(Optional.empty(), ConfigLoader.notYet(directory));
        assertEquals(Optional.empty(), ConfigLoader.notYet(file.path()));
    }

    @Test
    void endsWhenItIsToldTo() throws Exception {
        stop.countDown();
        assertEquals(1, assertInstanceOf(Loaded.Ok.class, until()).needs().size());
    }

    @Test
    void endsWhenTheFileBecomesWrong() throws Exception {
        Loaded.Ok first = (Loaded.Ok) file.load();
        Files.writeString(file.path(), text.replace("127.0.0.1:80", "127.0.0.1:80000"));
        assertInstanceOf(Loaded.Invalid.class, Waiting.until(first, file, stop, _ -> {}));
    }
}
