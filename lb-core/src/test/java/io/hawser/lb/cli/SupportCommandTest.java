package io.hawser.lb.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admin.AdminServer;
import io.hawser.lb.admin.AdminSources;
import io.hawser.lb.admin.Commands;
import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Metrics;
import io.hawser.lb.admin.NodeHealth;
import io.hawser.lb.admin.Samples;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.config.Secrets;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SupportCommandTest {
    /** Appears wherever a secret could be. */
    private static final String SECRET = "hunter2hunter2";

    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int support(AdminClient client, Path config, Path output) {
        return new SupportCommand(client, config, new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8))
                .run(output);
    }

    private static Map<String, String> parts(Path file) throws IOException {
        Map<String, String> parts = new LinkedHashMap<>();
        try (InputStream bytes = Files.newInputStream(file);
                ZipInputStream zip = new ZipInputStream(bytes)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                parts.put(entry.getName().replace("hawser-support/", ""), new String(zip.readAllBytes(), UTF_8));
            }
        }
        return parts;
    }

    @Test
    void holdsWhatTheNodeSaysAndNoSecretOfIt() throws IOException {
        Path key = Files.writeString(folder.resolve("api.key"), "-----BEGIN PRIVATE KEY-----\n" + SECRET + "\n");
        Path password = Files.writeString(folder.resolve("password"), SECRET);
        Path config =
                Files.writeString(folder.resolve("hawser.yaml"), """
                virtual-routers:
                  - name: api
                    authentication: {type: pass, password-file: %s}
                    notify: ["curl -H 'Authorization: Bearer %s' https://ops:%s@10.0.0.1/"]
                    # password: %s
                listeners:
                  - tls: {certificate: api.pem, key: %s}
                """.formatted(password, SECRET, SECRET, SECRET, key));
        EventLog events = new EventLog(10, InstantSource.system());
        events.append("notify", Severity.WARNING, "api", "curl said: token=" + SECRET);
        Path socket = folder.resolve("s");
        try (AdminServer server = AdminServer.start(new AdminSources(
                () -> new NodeHealth("lb1", true, List.of(), List.of()),
                List::of,
                List::of,
                Samples::good,
                new Metrics("0.1.0"),
                events))) {
            server.listen(socket, Commands.NONE);
            Path file = folder.resolve("bundle.zip");
            assertEquals(ExitCode.DONE, support(AdminClient.ofSocket(socket), config, file), err::toString);
            Map<String, String> parts = parts(file);
            parts.forEach((name, text) -> {
                assertFalse(text.contains(SECRET), name + ": " + text);
                assertFalse(text.contains("BEGIN PRIVATE"), name);
                assertTrue(out.toString(UTF_8).contains(name), name + " is not said to be in it");
            });
            assertTrue(parts.get("configuration.yaml").contains("password-file: " + password), parts::toString);
            assertTrue(parts.get("status.json").contains("\"node\":\"lb1\""), parts::toString);
            assertTrue(parts.get("events.jsonl").contains("curl said"), parts::toString);
            assertTrue(parts.get("metrics.txt").contains("hawser_build_info"), parts::toString);
            assertTrue(parts.get("healthz.json").contains("\"fit\":true"), parts::toString);
            assertTrue(parts.get("kernel.txt").contains("/proc/sys/net/ipv4/ip_forward:\n"), parts::toString);
            assertTrue(parts.get("version.txt").startsWith("hawser "), parts::toString);
            assertTrue(parts.keySet().containsAll(List.of("addresses.txt", "routes.txt", "neighbours.txt", "jvm.txt")));
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        }
    }

    @Test
    void isWrittenAlsoWhenNothingRunsAndSaysSo() throws IOException {
        Path file = folder.resolve("bundle.zip");
        assertEquals(
                ExitCode.DONE,
                support(AdminClient.ofSocket(folder.resolve("nobody")), folder.resolve("none.yaml"), file));
        assertTrue(parts(file).get("status.json").startsWith("not available: hawser is not running here"));
        assertTrue(parts(file).get("configuration.yaml").startsWith("not available: "));
    }

    @Test
    void replacesNothing() throws IOException {
        Path there = Files.writeString(folder.resolve("there"), "mine");
        assertEquals(
                ExitCode.FAILED,
                support(AdminClient.ofSocket(folder.resolve("nobody")), folder.resolve("none.yaml"), there));
        assertEquals("mine", Files.readString(there));
        assertTrue(err.toString(UTF_8).contains("cannot write " + there), err::toString);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "password: %s",
                "  password: \"%s\"",
                "{type: pass, password: %s, x: 1}",
                "{\"text\":\"a\",\"password\":\"%s\"}",
                "auth-password : '%s'",
                "auth_pass: %s",
                "PASSWORD=%s",
                "bearer-token: %s",
                "client_secret: %s",
                "password: |\n    %s\n    %s",
                "  - password: >-\n      a\n\n      %s\nnext: 1",
                "-----BEGIN EC PRIVATE KEY-----\nS\n-----END EC PRIVATE KEY-----",
                "-----BEGIN PRIVATE KEY-----\nS",
                "Authorization: Basic %s",
                "http://user:%s@host/"
            })
    void secretsAreLeftOutHoweverTheyAreWritten(String text) {
        String masked = Secrets.maskedIn(text.replace("%s", SECRET));
        assertFalse(masked.contains(SECRET), masked);
        assertTrue(masked.contains(Secrets.LEFT_OUT), masked);
    }

    @Test
    void whatIsNoSecretStays() {
        String text = "members: [\"10.0.0.1:6443\"] # m\nbearer-token-file: /etc/t\nkey: /etc/api.key\nnext: 1\n";
        assertEquals(text, Secrets.maskedIn(text));
    }
}
