package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import io.hawser.lb.cli.Cli;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.math.BigInteger;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.ECPrivateKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.slf4j.LoggerFactory;

/** Everything that a node in this process tells: its log from now on, with every level, and what its admin socket answers. */
final class Told implements AutoCloseable {
    private static final List<String> PATHS =
            List.of("/", "/healthz", "/livez", "/readyz", "/status", "/metrics", "/events", "/nothing");
    /** Characters of a key that nobody may see in a row: 96 bits in Base64. */
    private static final int WINDOW = 16;

    private final ByteArrayOutputStream all = new ByteArrayOutputStream();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Logger ours = (Logger) LoggerFactory.getLogger("io.hawser");
    private final Level rootLevel = root.getLevel();
    private final Level ourLevel = ours.getLevel();
    private final List<Appender<ILoggingEvent>> others;
    private final OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();

    Told() {
        var encoder = new PatternLayoutEncoder();
        encoder.setContext(root.getLoggerContext());
        encoder.setPattern("%level %logger %thread %msg %kvp %ex{full}%n");
        encoder.start();
        appender.setContext(root.getLoggerContext());
        appender.setEncoder(encoder);
        appender.setOutputStream(all);
        appender.start();
        others = new ArrayList<>();
        root.iteratorForAppenders().forEachRemaining(others::add);
        // Only the others' levels are as usual: what is wanted here would drown the report of the tests.
        others.forEach(root::detachAppender);
        root.addAppender(appender);
        root.setLevel(Level.DEBUG);
        ours.setLevel(Level.TRACE);
    }

    void add(String text) {
        all.writeBytes((text + "\n").getBytes(UTF_8));
    }

    /** Asks for everything there is to ask for. */
    void ask(Path socket) throws IOException {
        for (String path : PATHS) {
            for (String accept : List.of("*/*", "application/openmetrics-text")) {
                add(get(socket, path, accept));
            }
        }
    }

    /** Collects the support bundle. */
    void collect(Path socket, Path config) throws IOException {
        Path bundle = Files.createTempDirectory("hawser-told-").resolve("bundle.zip");
        var said = new PrintStream(all, true, UTF_8);
        String[] command = {
            "support", "--socket", socket.toString(), "--config", config.toString(), "-o", bundle.toString()
        };
        assertEquals(0, Cli.run(command, new NodeHandlers(), Map.of(), said, said));
        try (InputStream bytes = Files.newInputStream(bundle);
                var zip = new ZipInputStream(bytes)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                add(entry.getName() + "\n" + new String(zip.readAllBytes(), UTF_8));
            }
        }
        Files.delete(bundle);
        Files.delete(bundle.getParent());
    }

    private static String get(Path socket, String path, String accept) throws IOException {
        try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            String request =
                    "GET " + path + " HTTP/1.1\r\nHost: h\r\nAccept: " + accept + "\r\nConnection: close\r\n\r\n";
            channel.write(ByteBuffer.wrap(request.getBytes(UTF_8)));
            var answer = new ByteArrayOutputStream();
            ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
            while (channel.read(buffer) >= 0) {
                answer.write(buffer.array(), 0, buffer.position());
                buffer.clear();
            }
            String text = answer.toString(UTF_8);
            assertTrue(text.startsWith("HTTP/1.1 "), () -> path + ": " + text);
            return text;
        }
    }

    String text() {
        return all.toString(UTF_8);
    }

    /** That a word is not in it, nor in Base64 or hexadecimal. */
    void assertNothingOf(String secret) {
        String text = text();
        byte[] bytes = secret.getBytes(UTF_8);
        for (String form : List.of(
                secret,
                Base64.getEncoder().withoutPadding().encodeToString(bytes),
                HexFormat.of().formatHex(bytes),
                HexFormat.of().withUpperCase().formatHex(bytes))) {
            int at = text.indexOf(form);
            assertFalse(at >= 0, () -> "told: " + text.substring(Math.max(0, at - 300), at + form.length()));
        }
    }

    /** That no part of a key is in it: not of its PEM or DER form in Base64, nor of its number. */
    void assertNothingOf(ECPrivateKey key) {
        Set<String> parts = parts(key);
        String text = text();
        for (int i = 0; i + WINDOW <= text.length(); i++) {
            if (parts.contains(text.substring(i, i + WINDOW))) {
                throw new AssertionError("a part of the key is told: "
                        + text.substring(Math.max(0, i - 300), Math.min(text.length(), i + 100)));
            }
        }
    }

    private static Set<String> parts(ECPrivateKey key) {
        byte[] der = key.getEncoded();
        byte[] secret = HexFormat.of().parseHex("%064x".formatted(key.getS()));
        int from = Collections.indexOfSubList(boxed(der), boxed(secret));
        assertTrue(from > 0, "the number stands in the DER form");
        Set<String> parts = new HashSet<>();
        // What stands before the number is the same in all keys.
        windows(parts, Base64.getEncoder().encodeToString(der).substring(from * 4 / 3 + 1));
        for (int shift = 0; shift < 3; shift++) {
            byte[] shifted = new byte[shift + secret.length];
            System.arraycopy(secret, 0, shifted, shift, secret.length);
            windows(parts, Base64.getEncoder().encodeToString(shifted).substring(shift + 1));
        }
        windows(parts, HexFormat.of().formatHex(secret));
        windows(parts, HexFormat.of().withUpperCase().formatHex(secret));
        windows(parts, new BigInteger(1, secret).toString());
        return parts;
    }

    private static List<Byte> boxed(byte[] bytes) {
        List<Byte> boxed = new ArrayList<>();
        for (byte each : bytes) {
            boxed.add(each);
        }
        return boxed;
    }

    private static void windows(Set<String> parts, String text) {
        for (int i = 0; i + WINDOW <= text.length(); i++) {
            parts.add(text.substring(i, i + WINDOW));
        }
    }

    @Override
    public void close() {
        root.detachAppender(appender);
        others.forEach(root::addAppender);
        root.setLevel(rootLevel);
        ours.setLevel(ourLevel);
        appender.stop();
    }
}
