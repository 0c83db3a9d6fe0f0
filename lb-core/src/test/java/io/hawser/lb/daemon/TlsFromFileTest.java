package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import io.hawser.lb.balance.Member;
import io.hawser.lb.tls.KeyPairFiles;
import io.hawser.lb.tls.TestAuthority;
import io.hawser.testkit.Ports;
import io.netty.pkitesting.X509Bundle;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node that ends TLS as its file says, asked by programs of other makes; and what it tells of its keys. */
@Timeout(300)
class TlsFromFileTest {
    @TempDir
    Path directory;

    private final List<ECPrivateKey> keys = new ArrayList<>();
    private TestAuthority authority;
    private HttpServer member;
    private int port;
    private TestNode node;

    @BeforeEach
    void start() throws Exception {
        authority = new TestAuthority("authority", directory);
        pair("a", "a.example");
        pair("b", "b.example");
        X509Bundle revoked = authority.issue(TestAuthority.client("revoked"));
        authority.write("revoked", revoked);
        authority.files("good", TestAuthority.client("good"));
        new TestAuthority("other", directory).files("foreign", TestAuthority.client("foreign"));
        authority.revoke("list", Instant.now().plus(Duration.ofDays(10)), revoked.getCertificate());
        member = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        member.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 6);
            exchange.getResponseBody().write("served".getBytes(UTF_8));
            exchange.close();
        });
        member.start();
        port = Ports.free();
        node = TestNode.start(directory, yaml("key: a.key"));
        TestNode.await(
                "the member up",
                () -> node.daemon.active().pool("web").members().all().stream()
                        .allMatch(each -> each.health() == Member.Health.UP));
    }

    @AfterEach
    void stop() {
        if (node != null) {
            node.close();
        }
        if (member != null) {
            member.stop(0);
        }
    }

    private KeyPairFiles pair(String name, String host) throws Exception {
        X509Bundle bundle = authority.issue(TestAuthority.server(host));
        keys.add((ECPrivateKey) bundle.getKeyPair().getPrivate());
        KeyPairFiles files = authority.write(name, bundle);
        Files.setPosixFilePermissions(files.key(), PosixFilePermissions.fromString("rw-------"));
        return files;
    }

    private String yaml(String key) {
        return """
                listeners:
                  - name: web
                    bind: "127.0.0.1:%d"
                    pool: web
                    mode: tls
                    access-log: all
                    tls:
                      certificates:
                        - certificate: a.pem
                          %s
                        - {certificate: b.pem, key: b.key}
                      client-auth: {mode: required, ca: authority-ca.pem, crl: list.crl}
                pools: [{name: web, members: ["127.0.0.1:%d"], health: {interval: 200ms}}]
                """.formatted(port, key, member.getAddress().getPort());
    }

    /** What a program prints, and how it ends. */
    private record Ran(int status, String output) {}

    private Ran run(String... command) throws Exception {
        assumeTrue(
                Arrays.stream(System.getenv("PATH").split(":"))
                        .anyMatch(path -> new File(path, command[0]).canExecute()),
                "needs " + command[0] + " to be installed");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(directory.resolve("ran").toFile())
                .start();
        try {
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), () -> String.join(" ", command));
        } finally {
            process.destroyForcibly();
        }
        return new Ran(process.exitValue(), Files.readString(directory.resolve("ran")));
    }

    private Ran curl(String host, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "20", "--noproxy", "*"));
        command.addAll(List.of("--cacert", "authority-ca.pem", "--resolve", host + ":" + port + ":127.0.0.1"));
        command.addAll(List.of(more));
        command.add("https://" + host + ":" + port + "/");
        return run(command.toArray(String[]::new));
    }

    private void refused(String reason, Ran ran) throws Exception {
        assertNotEquals(0, ran.status(), ran::output);
        assertFalse(ran.output().contains("served"), ran::output);
        String sample = "hawser_tls_handshake_failures_total{listener=\"web\",reason=\"" + reason + "\"} 1.0";
        TestNode.await(sample, () -> metrics().contains(sample));
    }

    private String metrics() {
        try {
            return node.page("/metrics");
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void curlIsServedWithACertificateOfTheAuthorityAndNoOther() throws Exception {
        for (String host : List.of("a.example", "b.example")) {
            for (String version : List.of("--tlsv1.2", "--tlsv1.3")) {
                assertEquals(
                        new Ran(0, "served"),
                        curl(
                                host,
                                version,
                                "--tls-max",
                                version.substring(6),
                                "--cert",
                                "good.pem",
                                "--key",
                                "good.key"));
            }
        }
        refused("no-certificate", curl("a.example"));
        refused("unknown-authority", curl("a.example", "--cert", "foreign.pem", "--key", "foreign.key"));
        refused("revoked-certificate", curl("a.example", "--cert", "revoked.pem", "--key", "revoked.key"));
        refused("version", curl("a.example", "--tls-max", "1.1", "--ciphers", "ALL:@SECLEVEL=0", "--tlsv1.0"));
    }

    @Test
    void opensslIsShownTheCertificateOfTheNameItAsksFor() throws Exception {
        for (String host : List.of("a.example", "b.example")) {
            Ran ran = run(
                    "openssl",
                    "s_client",
                    "-connect",
                    "127.0.0.1:" + port,
                    "-servername",
                    host,
                    "-verify_hostname",
                    host,
                    "-verify_return_error",
                    "-CAfile",
                    "authority-ca.pem",
                    "-cert",
                    "good.pem",
                    "-key",
                    "good.key");
            assertEquals(0, ran.status(), ran::output);
            assertTrue(
                    ran.output().contains("subject=CN = " + host)
                            || ran.output().contains("subject=CN=" + host),
                    ran::output);
            assertTrue(ran.output().contains("Verify return code: 0 (ok)"), ran::output);
            assertTrue(ran.output().contains("TLSv1.3"), ran::output);
        }
        String status = node.page("/status");
        assertTrue(status.contains(directory.resolve("a.pem").toString()), status);
    }

    /** While they are in use, while a new file is wrong in every way, and when one stands in the wrong place. */
    @Test
    void nobodyIsToldAnythingOfAKey() throws Exception {
        Path socket = node.socket;
        try (var told = new Told()) {
            curl("a.example", "--cert", "good.pem", "--key", "good.key");
            curl("a.example");
            told.ask(socket);

            Path key = directory.resolve("a.key");
            String right = Files.readString(key).replace("\r", "");
            String other = Files.readString(pair("c", "c.example").key());
            String body = right.lines()
                    .filter(line -> !line.startsWith("-"))
                    .findFirst()
                    .orElseThrow();
            List<String> broken = List.of(other, right.substring(0, right.length() / 2), body);
            for (String each : broken) {
                int before = node.events("tls-files-refused").size();
                TestAuthority.replace(key, each);
                TestNode.await("refused", () -> node.events("tls-files-refused").size() > before);
                told.add(node.reload().text());
                told.ask(socket);
            }
            TestAuthority.replace(key, right);
            Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));

            for (String wrong : List.of(
                    "key: a.pem",
                    "key: \"" + right.replace("\n", "\\n") + "\"",
                    "key: |\n" + right.indent(12),
                    "key: |\n" + right)) {
                ReloadResult result = node.reload(yaml(wrong));
                assertEquals("invalid", result.label(), result.text());
                told.add(result.text());
                told.ask(socket);
            }
            told.collect(socket, node.file);
            assertTrue(told.text().contains("the old ones stay in use"), "the log");
            assertTrue(told.text().contains("this is what belongs in a file"), "what is wrong with the file");
            keys.forEach(told::assertNothingOf);
        }
    }
}
