package io.hawser.lb.daemon;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.tls.KeyPairFiles;
import io.hawser.lb.tls.TestAuthority;
import io.hawser.testkit.Await;
import io.hawser.testkit.Ports;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Ten times the largest that is allowed, on each way into a whole node (docs/security.md): it says no, and serves on as
 * before, with the same threads.
 */
@Timeout(300)
class TenTimesTest {
    private static final int TIMES = 10;
    private static final int MIB = 1 << 20;
    private static final int HELLO = TIMES * (16 << 10);
    private static final int LINE = TIMES * (4 << 10);
    private static final int HEADER = TIMES * (8 << 10);
    private static final int ADMIN_CONNECTIONS = TIMES * 128;
    private static final int PER_SOURCE = 20;

    @TempDir
    Path directory;

    private EchoMember member;
    private ServerSocket endless;
    private final AtomicInteger checks = new AtomicInteger();
    private int plain;
    private int routed;
    private int proxied;
    private int secured;
    private int few;
    private TestNode node;

    @BeforeEach
    void start() throws Exception {
        TestAuthority authority = new TestAuthority("authority", directory);
        X509Bundle bundle = authority.issue(TestAuthority.server("a.example"));
        KeyPairFiles pair = authority.write("a", bundle);
        Files.setPosixFilePermissions(pair.key(), PosixFilePermissions.fromString("rw-------"));
        authority.revoke("list", Instant.now().plus(Duration.ofDays(10)), bundle.getCertificate());
        write("token", "secret\n");
        member = new EchoMember("m1");
        endless = new ServerSocket(0, 50, java.net.InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::answerWithoutEnd);
        plain = Ports.free();
        routed = Ports.free();
        proxied = Ports.free();
        secured = Ports.free();
        few = Ports.free();
        node = TestNode.start(directory, yaml());
        TestNode.await("it serves", node.daemon::isFit);
    }

    @AfterEach
    void stop() throws IOException {
        if (node != null) {
            node.close();
        }
        if (member != null) {
            member.close();
        }
        if (endless != null) {
            endless.close();
        }
    }

    private String yaml() {
        return """
                listeners:
                  - {name: plain, bind: "127.0.0.1:%d", pool: masters}
                  - {name: routed, bind: "127.0.0.1:%d", routes: [{sni: a.example, pool: masters}]}
                  - {name: proxied, bind: "127.0.0.1:%d", pool: masters, accept-proxy-protocol: 127.0.0.0/8}
                  - {name: secured, bind: "127.0.0.1:%d", pool: masters, mode: tls, tls: {certificate: a.pem, key: a.key,
                     client-auth: {mode: optional, ca: authority-ca.pem, crl: list.crl}}}
                  - {name: few, bind: "127.0.0.1:%d", pool: masters, limits: {connections-per-source: %d}}
                pools:
                  - {name: masters, members: [%s], health: {type: tcp, interval: 200ms}}
                  - {name: endless, members: ["127.0.0.1:%d"], health: {type: http, path: /, interval: 200ms, bearer-token-file: token}}
                """.formatted(plain, routed, proxied, secured, few, PER_SOURCE, member.yaml(), endless.getLocalPort());
    }

    /** A member that answers each check with one header of ten times the largest, and a body of the same in every other answer. */
    private void answerWithoutEnd() {
        while (!endless.isClosed()) {
            try (Socket client = endless.accept()) {
                String large = "x".repeat(TIMES * (64 << 10));
                boolean isBody = checks.getAndIncrement() % 2 == 0;
                String answer =
                        isBody ? "HTTP/1.1 200 OK\r\n\r\n" + large : "HTTP/1.1 200 OK\r\nx: " + large + "\r\n\r\n";
                client.getOutputStream().write(answer.getBytes(ISO_8859_1));
            } catch (IOException e) {
                // It hung up, as it should.
            }
        }
    }

    private void write(String name, String text) throws IOException {
        replace(name, Files.writeString(directory.resolve("next-" + name), text));
    }

    private void replace(String name, Path next) throws IOException {
        Files.move(next, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private void servesOn() throws Exception {
        assertEquals(200, node.get("/livez").statusCode());
        assertEquals(200, node.get("/healthz").statusCode());
        try (EchoClient client = new EchoClient(plain)) {
            client.ping("still there");
        }
        assertTrue(node.daemon.isFit());
    }

    @Test
    void theConfigurationFile() throws Exception {
        String text = node.text(yaml());
        node.writeRaw(text + ("# " + "x".repeat(61) + "\n").repeat(TIMES * ConfigLoader.MOST_BYTES / 64));
        ReloadResult result = assertInstanceOf(ReloadResult.Invalid.class, node.reload());
        assertTrue(result.text().contains("larger than " + ConfigLoader.MOST_BYTES + " bytes"), result::text);
        servesOn();
        node.writeRaw(text);
        assertInstanceOf(ReloadResult.Unchanged.class, node.reload());
    }

    @ParameterizedTest
    @ValueSource(strings = {"[1, ", "[[1], [1]], ", "{a: 1, b: 2}, "})
    void theValuesOfTheConfigurationFile(String value) throws Exception {
        String values = value.repeat((ConfigLoader.MOST_BYTES - 4_096) / value.length());
        node.writeRaw(node.text(yaml()) + "more: [" + values + "]\n");
        ReloadResult result = assertInstanceOf(ReloadResult.Invalid.class, node.reload());
        assertTrue(result.text().length() < 200_000, () -> result.text().length() + " characters");
        servesOn();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.pem", "a.key", "authority-ca.pem", "list.crl"})
    void aFileOfTls(String name) throws Exception {
        Path next = directory.resolve("next");
        String good = Files.readString(directory.resolve(name));
        // Comments: it would be good if it were not so large; the list may have 128 MiB, most of which need no disk
        // here.
        String filler = ("# " + "x".repeat(61) + "\n").repeat(TIMES * MIB / 64);
        if (name.equals("list.crl")) {
            Files.writeString(next, filler);
            try (RandomAccessFile file = new RandomAccessFile(next.toFile(), "rw")) {
                file.setLength(TIMES * 128L * MIB);
            }
        } else {
            Files.writeString(next, filler + good);
        }
        replace(name, next);
        TestNode.await(
                "it is refused",
                () -> node.events("tls-files-refused").stream()
                        .anyMatch(each -> each.text().contains(name)));
        servesOn();
        assertInstanceOf(ReloadResult.Invalid.class, node.reload());
        servesOn();
    }

    @Test
    void aToken() throws Exception {
        write("token", "x".repeat(TIMES * MIB));
        ReloadResult result = assertInstanceOf(ReloadResult.Invalid.class, node.reload());
        assertTrue(result.text().contains("token"), result::text);
        assertTrue(result.text().length() < 10_000, () -> result.text().length() + " characters");
        servesOn();
    }

    /** Sends all of it, or as much as is taken, and waits for the end of the connection. */
    private static void sendToTheEnd(int port, byte[] bytes) throws IOException {
        try (Socket client = new Socket("127.0.0.1", port)) {
            client.setSoTimeout(Math.toIntExact(Await.LIMIT.toMillis()));
            client.getOutputStream().write(bytes);
            client.getInputStream().readAllBytes();
        } catch (SocketException e) {
            // Reset while it was writing, or when it had: as good an end.
        }
    }

    /** A hello of so many bytes, in records of the largest size. */
    private static byte[] hello(int length) {
        ByteBuffer out = ByteBuffer.allocate(length + 5 * (length / 16_384 + 1));
        byte[] message = new byte[length];
        ByteBuffer.wrap(message).putInt(1 << 24 | length - 4).putShort((short) 0x0303);
        for (int at = 0; at < length; at += 16_384) {
            int part = Math.min(16_384, length - at);
            out.put((byte) 22).putShort((short) 0x0301).putShort((short) part).put(message, at, part);
        }
        return out.array();
    }

    private void counted(String sample) throws IOException {
        String metrics = node.page("/metrics");
        assertTrue(
                metrics.lines().anyMatch(line -> line.matches(sample + " [1-9].*")),
                () -> sample + " is not among\n" + metrics);
    }

    @Test
    void aHello() throws Exception {
        sendToTheEnd(routed, hello(HELLO));
        TestNode.await("it is over", () -> node.daemon.isFit());
        counted("hawser_connections_total\\{.*listener=\"routed\".*outcome=\"hello-too-large\".*}");
        sendToTheEnd(secured, hello(HELLO));
        counted("hawser_tls_handshake_failures_total\\{listener=\"secured\".*}");
        servesOn();
    }

    @Test
    void aProxyHeader() throws Exception {
        sendToTheEnd(proxied, ("PROXY TCP4 " + "1".repeat(TIMES * 107)).getBytes(ISO_8859_1));
        byte[] binary = new byte[TIMES * 65_535];
        byte[] start = "\r\n\r\n\0\r\nQUIT\n".getBytes(ISO_8859_1);
        System.arraycopy(start, 0, binary, 0, start.length);
        binary[12] = 0x21;
        binary[13] = 0x11;
        binary[14] = binary[15] = (byte) 0xFF;
        binary[18] = binary[19] = 1;
        // The members get what is behind such a header; they echo it, and nobody reads that.
        try (Socket client = new Socket("127.0.0.1", proxied)) {
            client.getOutputStream().write(binary);
        } catch (SocketException e) {
            // Refused while it was writing.
        }
        servesOn();
    }

    @Test
    void connectionsOfOneSource() throws Exception {
        List<Socket> clients = new ArrayList<>();
        try {
            for (int i = 0; i < TIMES * PER_SOURCE; i++) {
                clients.add(new Socket("127.0.0.1", few));
            }
            TestNode.await("the others are refused", () -> {
                try {
                    counted("hawser_connections_total\\{.*listener=\"few\".*}");
                    return true;
                } catch (IOException | AssertionError e) {
                    return false;
                }
            });
            servesOn();
        } finally {
            for (Socket each : clients) {
                each.close();
            }
        }
        servesOn();
    }

    private static void requests(SocketAddress address) throws IOException {
        for (String request : List.of(
                "GET /" + "x".repeat(LINE) + " HTTP/1.1\r\n\r\n",
                "GET /status HTTP/1.1\r\nx: " + "x".repeat(HEADER) + "\r\n\r\n",
                "POST /commands/drain HTTP/1.1\r\ncontent-length: " + TIMES * MIB + "\r\n\r\n"
                        + "x".repeat(TIMES * MIB),
                "POST /commands/drain?member=" + "x".repeat(LINE) + " HTTP/1.1\r\n\r\n")) {
            try (SocketChannel client = SocketChannel.open(address)) {
                ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(ISO_8859_1));
                ByteBuffer answer = ByteBuffer.allocate(64 << 10);
                try {
                    while (bytes.hasRemaining()) {
                        client.write(bytes);
                    }
                    int all = 0;
                    while (client.read(answer.clear()) >= 0) {
                        all += answer.position();
                        assertTrue(all < 64 << 10, "the answer has no end");
                    }
                } catch (IOException e) {
                    // It hung up before all was sent.
                    continue;
                }
            }
        }
    }

    @Test
    void requestsOnTheAdminPort() throws Exception {
        requests(new InetSocketAddress("127.0.0.1", node.admin));
        servesOn();
    }

    @Test
    void connectionsToTheAdminPort() throws Exception {
        List<Socket> clients = new ArrayList<>();
        try {
            for (int i = 0; i < ADMIN_CONNECTIONS; i++) {
                clients.add(new Socket("127.0.0.1", node.admin));
            }
            servesOn();
        } finally {
            for (Socket each : clients) {
                each.close();
            }
        }
    }

    @Test
    void ordersOnTheSocket() throws Exception {
        requests(UnixDomainSocketAddress.of(node.socket));
        servesOn();
        assertEquals(List.of(), node.events("drain"));
    }

    @Test
    void answersOfMembers() throws Exception {
        TestNode.await("each was checked more than once with each answer", () -> checks.get() >= 6);
        servesOn();
    }
}
