package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.lb.balance.Member;
import io.hawser.lb.daemon.ApiServer.Asked;
import io.hawser.lb.tls.KeyPairFiles;
import io.hawser.lb.tls.TestAuthority;
import io.hawser.testkit.Await;
import io.hawser.testkit.Ports;
import io.netty.pkitesting.X509Bundle;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** kubectl against an API server behind a node that passes its TLS through, or ends it and begins it anew. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class KubectlTest {
    private static final String NAME = "api.example";
    private static final String TOKEN = "a-token";
    private static final long PATIENCE_SECONDS = Await.LIMIT.toSeconds();

    /** How an API server is reached, and as whom it then sees the client. */
    private enum Way {
        PASSED_THROUGH("CN=kubectl", "", "pool: api"),
        ENDED(
                "CN=hawser",
                "",
                "pool: api-by-tls, mode: tls, tls: {certificate: api.pem, key: api.key, alpn: http/1.1}"),
        /* The server speaks HTTP/2 and 1.1 and takes the client's choice: it is the member's ALPN that decides. */
        PASSED_THROUGH_TO_HTTP_2("CN=kubectl", "HTTP/2.0", "pool: front"),
        ENDED_TO_HTTP_2(
                "CN=hawser",
                "HTTP/2.0",
                "pool: front-by-tls, mode: tls, tls: {certificate: api.pem, key: api.key,"
                        + " client-auth: {mode: required, ca: authority-ca.pem}}");

        private final String client;
        private final String protocol;
        private final String yaml;

        Way(String client, String protocol, String yaml) {
            this.client = client;
            this.protocol = protocol;
            this.yaml = yaml;
        }
    }

    private Path directory;
    private final List<AutoCloseable> open = new ArrayList<>();
    private final Map<Way, Path> kubeconfigs = new EnumMap<>(Way.class);
    private ApiServer api;
    private TestNode node;
    private boolean hasFront;

    @BeforeAll
    void start(@TempDir Path files) throws Exception {
        directory = files;
        assumeTrue(isInstalled("kubectl"), "needs kubectl to be installed");
        TestAuthority authority = new TestAuthority("authority", directory);
        X509Bundle server = authority.issue(TestAuthority.server(NAME, "127.0.0.1"));
        KeyPairFiles pair = authority.write("api", server);
        authority.files("hawser", TestAuthority.client("hawser"));
        KeyPairFiles client = authority.files("kubectl", TestAuthority.client("kubectl"));
        api = opened(new ApiServer(server, authority.bundle()));
        hasFront = isInstalled("nginx");
        int front = hasFront ? front(pair, authority.ca()) : api.port();

        StringBuilder yaml = new StringBuilder("listeners:\n");
        for (Way way : Way.values()) {
            int port = Ports.free();
            yaml.append("  - {name: l%d, bind: \"127.0.0.1:%d\", %s}\n".formatted(way.ordinal(), port, way.yaml));
            kubeconfigs.put(way, kubeconfig(way, port, authority.ca(), client));
        }
        yaml.append("pools:\n");
        Map<String, Integer> pools = Map.of("api", api.port(), "front", front);
        pools.forEach((name, port) -> yaml.append("""
                  - name: %1$s
                    health: {type: https, path: /readyz, ca: authority-ca.pem, interval: 500ms}
                    members: [{name: %1$s, address: "127.0.0.1:%2$d"}]
                  - name: %1$s-by-tls
                    tls: {ca: authority-ca.pem, server-name: %3$s, certificate: hawser.pem, key: hawser.key}
                    health: {type: https, path: /readyz, ca: authority-ca.pem, interval: 500ms}
                    members: [{name: %1$s, address: "127.0.0.1:%2$d"}]
                """.formatted(name, port, NAME)));
        node = opened(TestNode.start(directory, yaml.toString()));
        TestNode.await(
                "all members up",
                () -> node.daemon.active().pools().values().stream()
                        .flatMap(pool -> pool.members().all().stream())
                        .allMatch(member -> member.health() == Member.Health.UP));
    }

    @AfterAll
    void stop() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    @BeforeEach
    void forget() {
        api.forget();
    }

    private <T extends AutoCloseable> T opened(T thing) {
        open.add(thing);
        return thing;
    }

    private static boolean isInstalled(String program) {
        return Arrays.stream(System.getenv("PATH").split(":")).anyMatch(path -> new File(path, program).canExecute());
    }

    /** nginx before the API server, for HTTP/2. */
    private int front(KeyPairFiles pair, Path ca) throws IOException {
        int port = Ports.free();
        Path config = Files.writeString(directory.resolve("nginx.conf"), """
                daemon off; master_process off; pid %1$s/nginx.pid; error_log %1$s/nginx.log;
                events {}
                http {
                  access_log off; client_body_temp_path %1$s; proxy_temp_path %1$s; fastcgi_temp_path %1$s;
                  uwsgi_temp_path %1$s; scgi_temp_path %1$s;
                  map $http_upgrade $hop { default upgrade; '' ''; }
                  server {
                    listen 127.0.0.1:%2$d ssl http2; ssl_certificate %3$s; ssl_certificate_key %4$s;
                    ssl_client_certificate %5$s; ssl_verify_client optional;
                    location / {
                      proxy_pass https://127.0.0.1:%6$d; proxy_http_version 1.1; proxy_buffering off;
                      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $hop;
                      proxy_set_header X-Protocol $server_protocol; proxy_set_header X-Client $ssl_client_s_dn;
                    }
                  }
                }
                """.formatted(
                        directory, port, pair.certificate(), pair.key(), ca, api.port()));
        Process nginx = new ProcessBuilder("nginx", "-c", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("nginx.out").toFile())
                .start();
        opened(() -> {
            nginx.destroy();
            nginx.waitFor(10, TimeUnit.SECONDS);
        });
        return port;
    }

    private Path kubeconfig(Way way, int port, Path ca, KeyPairFiles client) throws IOException {
        return Files.writeString(directory.resolve("kubeconfig-" + way), """
                apiVersion: v1
                kind: Config
                clusters:
                  - name: c
                    cluster: {server: "https://127.0.0.1:%d", certificate-authority: "%s", tls-server-name: %s}
                users:
                  - name: u
                    user: {client-certificate: "%s", client-key: "%s", token: %s}
                contexts: [{name: x, context: {cluster: c, user: u}}]
                current-context: x
                """.formatted(
                        port, ca, NAME, client.certificate(), client.key(), TOKEN));
    }

    /** A kubectl that runs. */
    private final class Kubectl implements AutoCloseable {
        private final Process process;
        private final Path errors = Files.createTempFile(directory, "kubectl-", ".err");

        Kubectl(Way way, boolean overWebSocket, String... arguments) throws IOException {
            assumeTrue(hasFront || way.protocol.isEmpty(), "needs nginx to be installed");
            List<String> command = new ArrayList<>(List.of("kubectl", "--request-timeout=0"));
            command.addAll(List.of(arguments));
            var builder = new ProcessBuilder(command).redirectError(errors.toFile());
            builder.environment().keySet().retainAll(Set.of("PATH"));
            builder.environment()
                    .putAll(Map.of(
                            "HOME",
                            directory.toString(),
                            "KUBECONFIG",
                            String.valueOf(kubeconfigs.get(way)),
                            "KUBECTL_REMOTE_COMMAND_WEBSOCKETS",
                            String.valueOf(overWebSocket)));
            process = builder.start();
        }

        private <T> T within(java.util.concurrent.Callable<T> read) throws Exception {
            CompletableFuture<T> value = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> {
                try {
                    value.complete(read.call());
                } catch (Exception e) {
                    value.completeExceptionally(e);
                }
            });
            try {
                return value.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (java.util.concurrent.TimeoutException e) {
                throw new AssertionError("kubectl says nothing more; its errors: " + Files.readString(errors), e);
            }
        }

        String line() throws Exception {
            return String.valueOf(within(process.inputReader(UTF_8)::readLine));
        }

        void say(String line) throws IOException {
            process.outputWriter(UTF_8).append(line).append('\n').flush();
        }

        /** What else it prints until it ends, and it must end well. */
        List<String> rest() throws Exception {
            List<String> lines = within(() -> process.inputReader(UTF_8).lines().toList());
            assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "still running");
            assertEquals(0, process.exitValue(), Files.readString(errors));
            return lines;
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    private void assertAsked(Way way, String path) {
        List<Asked> asked =
                api.asked().stream().filter(each -> each.path().equals(path)).toList();
        assertFalse(asked.isEmpty(), () -> path + " was not asked for: " + api.asked());
        asked.forEach(each -> assertEquals(
                new Asked("GET", path, way.protocol, way.client, "Bearer " + TOKEN), each, "what the API server sees"));
    }

    @ParameterizedTest
    @EnumSource
    void getsWhatTheApiServerHas(Way way) throws Exception {
        try (var kubectl = new Kubectl(way, true, "get", "pods", "-o", "name")) {
            assertEquals(
                    ApiServer.pods().stream().map(name -> "pod/" + name).collect(Collectors.joining("\n")),
                    String.join("\n", kubectl.rest()));
        }
        assertAsked(way, "/api/v1/namespaces/default/pods");
    }

    @ParameterizedTest
    @EnumSource
    void watchesAndIsToldAsThingsHappen(Way way) throws Exception {
        try (var kubectl = new Kubectl(way, true, "get", "pod", "pod-0", "--watch", "-o", "name")) {
            assertEquals("pod/pod-0", kubectl.line());
            TestNode.await("a watch", () -> api.watchers() == 1);
            for (String later : List.of("later", "still-later")) {
                api.add(later);
                assertEquals("pod/" + later, kubectl.line());
            }
            api.endWatches();
            assertEquals(List.of(), kubectl.rest());
        }
        assertAsked(way, "/api/v1/namespaces/default/pods");
    }

    /** SPDY is what older ones speak, and newer ones when told to. Both begin as HTTP/1.1, whatever the others do. */
    @ParameterizedTest
    @CsvSource({
        "PASSED_THROUGH, true", "ENDED, true", "PASSED_THROUGH_TO_HTTP_2, true", "ENDED_TO_HTTP_2, true",
        "PASSED_THROUGH, false", "ENDED, false", "PASSED_THROUGH_TO_HTTP_2, false", "ENDED_TO_HTTP_2, false"
    })
    void runsACommandAndTalksToIt(Way way, boolean overWebSocket) throws Exception {
        try (var kubectl = new Kubectl(way, overWebSocket, "exec", "-i", "pod-0", "--", "cat")) {
            for (String said : List.of("one", "two", "three".repeat(10_000))) {
                kubectl.say(said);
                assertEquals(said, kubectl.line());
            }
            kubectl.process.outputWriter(UTF_8).close();
            assertEquals(List.of(), kubectl.rest());
        }
        List<Asked> upgraded = api.asked().stream()
                .filter(each -> each.path().endsWith("/exec"))
                .toList();
        assertEquals(1, upgraded.size(), upgraded::toString);
        assertEquals(way.client, upgraded.getFirst().client());
        assertEquals(
                way.protocol.isEmpty() ? "" : "HTTP/1.1", upgraded.getFirst().protocol());
    }
}
