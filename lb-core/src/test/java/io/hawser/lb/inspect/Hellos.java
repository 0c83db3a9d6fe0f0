package io.hawser.lb.inspect;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/** TLS hellos: captured, made by this JDK, and built by hand. */
public final class Hellos {
    private static final int MOST_FRAGMENT = 1 << 14;

    private Hellos() {}

    /** One that was sent by a real client and captured. */
    public static byte[] captured(String name) {
        try (InputStream in = Hellos.class.getResourceAsStream("hellos/" + name + ".hex")) {
            String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One of this JDK. */
    public static byte[] ofJdk(String name, String... alpn) throws Exception {
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(name)));
        parameters.setApplicationProtocols(alpn);
        engine.setSSLParameters(parameters);
        ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), out);
        byte[] hello = new byte[out.flip().remaining()];
        out.get(hello);
        return hello;
    }

    /** A hello with these extensions, in one record. */
    public static byte[] with(byte[]... extensions) {
        return inRecords(message(extensions), MOST_FRAGMENT);
    }

    /** The handshake message alone. */
    public static byte[] message(byte[]... extensions) {
        byte[] all = join(extensions);
        byte[] body = join(
                new byte[] {3, 3},
                noise(32, 1),
                new byte[] {32},
                noise(32, 2),
                u16(4),
                new byte[] {0x13, 0x01, 0x13, 0x02},
                new byte[] {1, 0},
                u16(all.length),
                all);
        return join(new byte[] {1, (byte) (body.length >> 16)}, u16(body.length), body);
    }

    /** The message cut into records of at most so many bytes. */
    public static byte[] inRecords(byte[] message, int fragment) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int at = 0; at < message.length; at += fragment) {
            int length = Math.min(fragment, message.length - at);
            out.writeBytes(new byte[] {22, 3, 1});
            out.writeBytes(u16(length));
            out.write(message, at, length);
        }
        return out.toByteArray();
    }

    public static byte[] extension(int type, byte[]... data) {
        byte[] all = join(data);
        return join(u16(type), u16(all.length), all);
    }

    public static byte[] serverName(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        return extension(0, u16(bytes.length + 3), new byte[] {0}, u16(bytes.length), bytes);
    }

    public static byte[] alpn(String... protocols) {
        List<byte[]> entries = new ArrayList<>();
        for (String protocol : protocols) {
            entries.add(new byte[] {(byte) protocol.length()});
            entries.add(protocol.getBytes(StandardCharsets.ISO_8859_1));
        }
        byte[] all = join(entries.toArray(byte[][]::new));
        return extension(16, u16(all.length), all);
    }

    public static byte[] versions(int... versions) {
        List<byte[]> entries = new ArrayList<>();
        for (int version : versions) {
            entries.add(u16(version));
        }
        byte[] all = join(entries.toArray(byte[][]::new));
        return extension(43, new byte[] {(byte) all.length}, all);
    }

    public static byte[] earlyData() {
        return extension(42);
    }

    /**
     * What a browser sends: values that are to be ignored (RFC 8701) first and last, an encrypted hello, and the key share
     * of X25519MLKEM768, 1,216 bytes, which brings it to two segments.
     */
    public static byte[] browserLike(String name) {
        return with(
                extension(0x2A2A),
                extension(0xFE0D, new byte[] {0, 0, 1, 0, 1, 7}, u16(32), noise(32, 3), u16(208), noise(208, 4)),
                serverName(name),
                extension(10, u16(8), u16(0x9A9A), u16(0x11EC), u16(29), u16(23)),
                extension(5, new byte[] {1, 0, 0, 0, 0}),
                versions(0x5A5A, 0x0304, 0x0303),
                extension(
                        51,
                        u16(5 + 4 + 1216 + 4 + 32),
                        u16(0x9A9A),
                        u16(1),
                        new byte[] {0},
                        u16(0x11EC),
                        u16(1216),
                        noise(1216, 5),
                        u16(29),
                        u16(32),
                        noise(32, 6)),
                alpn("\u008A\u008A", "h2", "http/1.1"),
                extension(27, new byte[] {2, 0, 2}),
                extension(0x6A6A, new byte[] {0}));
    }

    public static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    public static byte[] u16(int value) {
        return new byte[] {(byte) (value >> 8), (byte) value};
    }

    public static byte[] noise(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
