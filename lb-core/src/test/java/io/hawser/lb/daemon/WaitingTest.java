package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
        admin = TestNode.freePort();
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
        try (var client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + path))
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
