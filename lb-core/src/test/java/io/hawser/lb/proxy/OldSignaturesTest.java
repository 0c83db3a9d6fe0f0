package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.tls.HandshakeFailure;
import io.hawser.lb.tls.KeyPairFiles;
import io.hawser.lb.tls.ServerSettings;
import io.hawser.lb.tls.TestAuthority;
import io.hawser.lb.tls.TlsEvents;
import io.hawser.lb.tls.TlsFiles;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Hellos of TLS 1.2 made by hand, as no library of today says that it knows SHA-1 alone. */
@Timeout(300)
class OldSignaturesTest {
    private static final int ALERT = 21;
    private static final int HANDSHAKE = 22;
    private static final int SERVER_KEY_EXCHANGE = 12;
    private static final int SERVER_HELLO_DONE = 14;
    private static final int FATAL = 2;
    private static final int HANDSHAKE_FAILURE = 40;

    private static final int ECDSA_SHA1 = 0x0203;
    private static final int RSA_SHA1 = 0x0201;
    private static final int RSA_MD5 = 0x0101;
    private static final int ECDSA_SHA256 = 0x0403;
    private static final int RSA_SHA256 = 0x0401;

    @TempDir
    Path directory;

    private static void number(ByteArrayOutputStream out, int bytes, int value) {
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
            out.write(value >> shift);
        }
    }

    private static void vector(ByteArrayOutputStream out, int bytes, byte[] content) {
        number(out, bytes, content.length);
        out.writeBytes(content);
    }

    private static byte[] numbers(int... values) {
        var out = new ByteArrayOutputStream();
        for (int each : values) {
            number(out, 2, each);
        }
        return out.toByteArray();
    }

    private static void extension(ByteArrayOutputStream out, int type, int... list) {
        var content = new ByteArrayOutputStream();
        vector(content, 2, numbers(list));
        number(out, 2, type);
        vector(out, 2, content.toByteArray());
    }

    /** RFC 5246 7.4.1.2; without {@code signatures} the extension is left out, which means SHA-1 (7.4.1.4.1). */
    private static byte[] hello(int... signatures) {
        var extensions = new ByteArrayOutputStream();
        extension(extensions, 10, 0x001d, 0x0017); // supported_groups: x25519, secp256r1
        if (signatures.length > 0) {
            extension(extensions, 13, signatures);
        }
        var body = new ByteArrayOutputStream();
        number(body, 2, 0x0303);
        body.writeBytes(new byte[32]);
        vector(body, 1, new byte[0]);
        vector(body, 2, numbers(0xc02b, 0xc02f)); // ECDHE with ECDSA and with RSA, AES-128-GCM
        vector(body, 1, new byte[1]);
        vector(body, 2, extensions.toByteArray());
        var message = new ByteArrayOutputStream();
        message.write(1);
        vector(message, 3, body.toByteArray());
        var record = new ByteArrayOutputStream();
        record.write(HANDSHAKE);
        number(record, 2, 0x0301);
        vector(record, 2, message.toByteArray());
        return record.toByteArray();
    }

    /** What a server says to a hello: the types of its handshake messages, and the alert at the end, if there is one. */
    private record Said(List<Integer> messages, List<Integer> alert) {}

    private static Said said(Fixture fixture, byte[] hello) throws Exception {
        try (Socket socket = Peers.connect(fixture.address())) {
            socket.getOutputStream().write(hello);
            var in = new DataInputStream(socket.getInputStream());
            var messages = new ByteArrayOutputStream();
            List<Integer> alert = new ArrayList<>();
            int type = in.read();
            while (type >= 0) {
                in.readShort();
                byte[] content = in.readNBytes(in.readUnsignedShort());
                if (type == HANDSHAKE) {
                    messages.writeBytes(content);
                } else if (type == ALERT) {
                    alert.addAll(List.of((int) content[0], (int) content[1]));
                }
                // Then it is the client's turn.
                boolean isDone = types(ByteBuffer.wrap(messages.toByteArray())).contains(SERVER_HELLO_DONE);
                type = isDone ? -1 : in.read();
            }
            return new Said(types(ByteBuffer.wrap(messages.toByteArray())), alert);
        }
    }

    private static List<Integer> types(ByteBuffer messages) {
        List<Integer> types = new ArrayList<>();
        while (messages.hasRemaining()) {
            int head = messages.getInt();
            types.add(head >> 24);
            messages.position(messages.position() + (head & 0xFFFFFF));
        }
        return types;
    }

    @Test
    void nothingIsSignedWithSha1WhateverAHelloSays() throws Exception {
        TestAuthority authority = new TestAuthority("authority", directory);
        KeyPairFiles elliptic = authority.files("elliptic", TestAuthority.server("a.example"));
        KeyPairFiles rsa =
                authority.files("rsa", TestAuthority.server("a.example").rsa2048());
        try (Peers.Server member = new Peers.Server(Peers::echo);
                TlsFiles files = new TlsFiles(TlsEvents.NONE)) {
            for (KeyPairFiles key : List.of(elliptic, rsa)) {
                try (Fixture fixture = new Fixture(Fixture.settings(200), PoolSettings.DEFAULTS, member.address())) {
                    fixture.proxy.apply(List.of(fixture.plan()
                            .with(new ListenerPlan.Tls(
                                    files.server(ServerSettings.of(key.certificate(), key.key())), Map.of()))));
                    int refused = 0;
                    for (byte[] hello :
                            List.of(hello(ECDSA_SHA1, RSA_SHA1), hello(RSA_MD5, ECDSA_SHA1, RSA_SHA1), hello())) {
                        Said said = said(fixture, hello);
                        assertEquals(List.of(FATAL, HANDSHAKE_FAILURE), said.alert(), key + " " + said);
                        assertFalse(said.messages().contains(SERVER_KEY_EXCHANGE), "nothing signed: " + said);
                        refused++;
                        fixture.awaitEnded(Outcome.TLS_FAILED, refused);
                    }
                    assertEquals(
                            3,
                            fixture.proxy
                                    .snapshot()
                                    .listeners()
                                    .getFirst()
                                    .handshakes()
                                    .failures()
                                    .getOrDefault(HandshakeFailure.CIPHER, 0L));
                    Said today = said(fixture, hello(ECDSA_SHA1, RSA_SHA1, ECDSA_SHA256, RSA_SHA256));
                    assertTrue(today.messages().contains(SERVER_KEY_EXCHANGE), "a hello that is taken: " + today);
                }
            }
        }
    }
}
