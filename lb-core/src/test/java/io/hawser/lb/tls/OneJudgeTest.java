package io.hawser.lb.tls;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import io.hawser.lb.pem.LargeList;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a running node takes, a start takes, and the reverse: else a node runs that cannot be started again. */
@Timeout(300)
class OneJudgeTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path directory;

    private TestAuthority authority;
    private ServerSettings settings;

    private Path file(String name) {
        return directory.resolve(name);
    }

    private void goodFiles() throws Exception {
        authority = new TestAuthority("authority", directory);
        X509Bundle bundle = authority.issue(TestAuthority.server("a.example"));
        KeyPairFiles pair = authority.write("server", bundle);
        authority.revoke("list", Instant.now().plus(Duration.ofDays(5)), bundle.getCertificate());
        settings = new ServerSettings(
                List.of(pair),
                ServerSettings.Version.TLS_1_2,
                List.of(),
                new ServerSettings.ClientAuth(false, authority.ca(), file("list.crl")),
                file("tickets"));
        Files.writeString(file("tickets"), "%s%n%s%n%s%n".formatted(key(1), key(2), key(3)));
        Files.writeString(file("hawser.yaml"), """
                nodes: [{name: lb1, address: 127.0.0.1}]
                listeners:
                  - {name: l, bind: "127.0.0.1:443", pool: p, mode: tls, tls: {certificate: %s, key: %s,
                     client-auth: {mode: optional, ca: %s, crl: list.crl}, ticket-keys: tickets}}
                pools: [{name: p, members: ["127.0.0.1:80"]}]
                """.formatted(pair.certificate(), pair.key(), authority.ca()));
    }

    private static String key(int seed) {
        byte[] key = new byte[48];
        new Random(seed).nextBytes(key);
        return Base64.getEncoder().encodeToString(key);
    }

    private interface Change {
        byte[] of(byte[] good) throws IOException;
    }

    private static byte[] text(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private static Change texts(java.util.function.UnaryOperator<String> change) {
        return good -> text(change.apply(new String(good, ISO_8859_1)));
    }

    /** What may become of any file. */
    private static Map<String, Change> changes() {
        Map<String, Change> changes = new LinkedHashMap<>();
        changes.put("as it was", good -> good);
        changes.put("empty", _ -> new byte[0]);
        changes.put("garbage", _ -> text("nothing of the kind\n"));
        changes.put("cut", texts(text -> text.substring(0, text.length() / 2)));
        changes.put(
                "without its last line",
                texts(text -> text.substring(0, text.stripTrailing().lastIndexOf('\n') + 1)));
        changes.put("one letter changed", texts(text -> text.replaceFirst("\nM", "\nN")));
        changes.put("lines of DOS", texts(text -> text.replace("\n", "\r\n")));
        changes.put("text before", texts(text -> "subject=CN=x\nissuer=CN=y\n" + text));
        changes.put("text behind", texts(text -> text + "\nthe end\n"));
        changes.put("twice", texts(text -> text + text));
        changes.put("byte order mark", good -> text("\u00EF\u00BB\u00BF" + new String(good, ISO_8859_1)));
        changes.put(
                "DER",
                good -> Base64.getMimeDecoder()
                        .decode(new String(good, ISO_8859_1)
                                .replaceAll("(?s)-----BEGIN [^-]+-----", "")
                                .replaceAll("(?s)-----END.*", "")));
        changes.put("under 1 MiB", good -> padded(good, MIB - 1));
        changes.put("over 1 MiB", good -> padded(good, MIB + 1));
        changes.put("3 MiB", good -> padded(good, 3 * MIB));
        changes.put("zeros", good -> new byte[good.length]);
        return changes;
    }

    private static byte[] padded(byte[] good, int size) {
        StringBuilder text = new StringBuilder(size);
        while (text.length() + 64 < size - good.length) {
            text.append("# ").append("x".repeat(61)).append('\n');
        }
        text.append("#".repeat(Math.max(0, size - good.length - text.length() - 1)))
                .append('\n');
        return text(text + new String(good, ISO_8859_1));
    }

    private boolean isTakenAtStart() throws Exception {
        Loaded loaded = ConfigLoader.load(
                file("hawser.yaml"), new Environment(null, null, "lb1", List.of(), host -> List.of()));
        if (!(loaded instanceof Loaded.Ok)) {
            return false;
        }
        try (TlsFiles files = new TlsFiles(TlsEvents.NONE, Duration.ofDays(1))) {
            files.server(settings);
            return true;
        } catch (TlsException _) {
            return false;
        }
    }

    /** Whether a node that runs takes a file in the place of a good one. */
    private boolean isTakenWhileRunning(Path file, byte[] next) throws Exception {
        try (TlsFiles files = new TlsFiles(TlsEvents.NONE, Duration.ofDays(1))) {
            files.server(settings);
            put(file, next);
            files.lookNow();
            files.lookNow();
            return files.complaints().isEmpty();
        }
    }

    private void put(Path file, byte[] content) throws IOException {
        Files.move(Files.write(file("next"), content), file, StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void followingAndStartingJudgeAlike() throws Exception {
        goodFiles();
        List<String> different = new ArrayList<>();
        int taken = 0;
        List<Path> all = List.of(
                settings.certificates().getFirst().certificate(),
                settings.certificates().getFirst().key(),
                authority.ca(),
                file("list.crl"),
                file("tickets"));
        for (Path file : all) {
            byte[] good = Files.readAllBytes(file);
            for (Map.Entry<String, Change> each : changes().entrySet()) {
                boolean followed = isTakenWhileRunning(file, each.getValue().of(good));
                boolean started = isTakenAtStart();
                taken += followed ? 1 : 0;
                if (followed != started) {
                    different.add(file.getFileName() + " " + each.getKey() + ": taken while running " + followed
                            + ", at start " + started);
                }
                put(file, good);
            }
        }
        assertEquals(List.of(), different);
        assertTrue(taken >= 20, "a test in which nothing is taken shows nothing: " + taken);
    }

    @Test
    void aLongListIsTakenByBoth() throws Exception {
        goodFiles();
        for (int entries : new int[] {100_000, 400_000, 2_000_000}) {
            Path large = file("large");
            LargeList.write(large, entries, 18);
            byte[] good = Files.readAllBytes(file("list.crl"));
            try (TlsFiles files = new TlsFiles(TlsEvents.NONE, Duration.ofDays(1))) {
                files.server(settings);
                Files.move(large, file("list.crl"), StandardCopyOption.ATOMIC_MOVE);
                files.lookNow();
                files.lookNow();
                assertEquals(entries < 2_000_000, files.complaints().isEmpty());
            }
            assertEquals(entries < 2_000_000, isTakenAtStart());
            put(file("list.crl"), good);
        }
    }
}
