package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A running node whose standard output and error nobody reads. */
@Tag("e2e")
class BlockedOutputTest {
    private static final Duration LIMIT = Await.LIMIT;

    @TempDir
    Path directory;

    private Process start(int admin) throws IOException {
        Path file = directory.resolve("hawser.yaml");
        Files.writeString(file, """
                nodes: [{name: one, address: 127.0.0.1}]
                listeners: [{name: l, bind: "127.0.0.1:%d", pool: p}]
                pools: [{name: p, members: ["127.0.0.1:1"], health: {type: tcp}}]
                admin: {bind: "127.0.0.1:%d", socket: "%s"}
                kernel: {ip-forward: false, nonlocal-bind: false, ipvs: off}
                limits: {drain: 1s}
                """.formatted(Ports.free(1)[0], admin, directory.resolve("s")));
        return new ProcessBuilder(
                        Requirements.launcher().toString(), "run", "--config", file.toString(), "--node", "one")
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .start();
    }

    private static int livez(int admin) {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + "/livez"))
                                    .timeout(Duration.ofSeconds(5))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), () -> String.join(" ", command));
    }

    @Test
    @Timeout(300)
    void aThreadDumpIntoAFullPipeStopsNobody() throws Exception {
        int admin = Ports.free(1)[0];
        Process node = start(admin);
        try {
            Run.await("it lives", LIMIT, () -> livez(admin) == 200);
            String pid = Long.toString(node.pid());
            run("timeout", "3", "sh", "-c", "cat /dev/zero >/proc/" + pid + "/fd/1");
            run("kill", "-QUIT", pid);
            Run.await("it lives on", LIMIT, () -> livez(admin) == 200);
            run("kill", "-TERM", pid);
            assertTrue(node.waitFor(60, TimeUnit.SECONDS), "it does not end");
            assertEquals(0, node.exitValue());
        } finally {
            node.destroyForcibly();
        }
    }

    @Test
    @Timeout(300)
    void aThreadDumpIsThereForWhoReads() throws Exception {
        int admin = Ports.free(1)[0];
        Process node = start(admin);
        try {
            Run.await("it lives", LIMIT, () -> livez(admin) == 200);
            run("kill", "-QUIT", Long.toString(node.pid()));
            run("kill", "-TERM", Long.toString(node.pid()));
            String all = new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(all.contains("Full thread dump") && all.contains("\"admin"), all);
            assertEquals(0, node.waitFor());
        } finally {
            node.destroyForcibly();
        }
    }
}
