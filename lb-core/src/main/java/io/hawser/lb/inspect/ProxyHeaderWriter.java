package io.hawser.lb.inspect;

import io.hawser.sysctl.net.AddressText;
import java.io.ByteArrayOutputStream;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes the {@link ProxyHeader} that a member is sent. Stateless; any thread. */
public final class ProxyHeaderWriter {
    private static final int ALPN = 0x01;
    private static final int AUTHORITY = 0x02;
    private static final int SSL = 0x20;
    private static final int SSL_VERSION = 0x21;
    private static final int SSL_COMMON_NAME = 0x22;
    private static final int SSL_CIPHER = 0x23;
    private static final int CLIENT_SSL = 0x01;
    private static final int CLIENT_CERTIFICATE_ON_CONNECTION = 0x02;
    private static final int CLIENT_CERTIFICATE_IN_SESSION = 0x04;
    private static final int LOCAL = 0x20;
    private static final int PROXY = 0x21;
    private static final int IP4_STREAM = 0x11;
    private static final int IP6_STREAM = 0x21;
    // Of a host name, a protocol or a common name; keeps the header within one segment of most.
    private static final int MOST_VALUE = 255;

    /**
     * What the header says. Immutable.
     *
     * @param source the client; null when it is not known any more
     * @param destination where the client connected to; null when it is not known any more
     * @param serverName of the client's hello; null without
     * @param alpn the protocol agreed upon with the client; null without
     * @param tls what is known of TLS that ended here; null when it did not
     */
    public record Facts(
            @Nullable InetSocketAddress source,
            @Nullable InetSocketAddress destination,
            @Nullable String serverName,
            @Nullable String alpn,
            @Nullable TlsFacts tls) {}

    private ProxyHeaderWriter() {}

    /** Version 1. Endpoints that are unknown, or of two families, are not told. */
    public static byte[] line(Facts facts) {
        InetSocketAddress source = facts.source();
        InetSocketAddress destination = facts.destination();
        if (source == null || destination == null || isIp4(source) != isIp4(destination)) {
            return "PROXY UNKNOWN\r\n".getBytes(StandardCharsets.US_ASCII);
        }
        String line = "PROXY " + (isIp4(source) ? "TCP4 " : "TCP6 ") + AddressText.of(source.getAddress()) + " "
                + AddressText.of(destination.getAddress()) + " " + source.getPort() + " " + destination.getPort()
                + "\r\n";
        return line.getBytes(StandardCharsets.US_ASCII);
    }

    private static boolean isIp4(InetSocketAddress address) {
        return address.getAddress() instanceof Inet4Address;
    }

    /** Version 2, with its checksum. */
    public static byte[] binary(Facts facts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ProxyHeader.Decoder.SIGNATURE);
        InetSocketAddress source = facts.source();
        InetSocketAddress destination = facts.destination();
        if (source != null && destination != null && isIp4(source) == isIp4(destination)) {
            out.write(PROXY);
            out.write(isIp4(source) ? IP4_STREAM : IP6_STREAM);
            u16(out, 0);
            out.writeBytes(source.getAddress().getAddress());
            out.writeBytes(destination.getAddress().getAddress());
            u16(out, source.getPort());
            u16(out, destination.getPort());
        } else {
            out.write(LOCAL);
            out.write(0);
            u16(out, 0);
        }
        if (facts.alpn() != null) {
            tlv(out, ALPN, facts.alpn().getBytes(StandardCharsets.ISO_8859_1));
        }
        if (facts.serverName() != null) {
            tlv(out, AUTHORITY, facts.serverName().getBytes(StandardCharsets.UTF_8));
        }
        if (facts.tls() != null) {
            tlv(out, SSL, ssl(facts.tls()));
        }
        tlv(out, ProxyHeader.Decoder.CHECKSUM, new byte[Integer.BYTES]);
        return sealed(out.toByteArray());
    }

    private static byte[] ssl(TlsFacts tls) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean hasCertificate = tls.clientName() != null;
        out.write(CLIENT_SSL | (hasCertificate ? CLIENT_CERTIFICATE_ON_CONNECTION | CLIENT_CERTIFICATE_IN_SESSION : 0));
        // "verify: zero if the client presented a certificate and it was successfully verified"
        int verify = hasCertificate && tls.isVerified() ? 0 : 1;
        out.write(0);
        out.write(0);
        u16(out, verify);
        tlv(out, SSL_VERSION, tls.version().getBytes(StandardCharsets.US_ASCII));
        if (tls.clientName() != null) {
            tlv(out, SSL_COMMON_NAME, tls.clientName().getBytes(StandardCharsets.UTF_8));
        }
        tlv(out, SSL_CIPHER, tls.cipher().getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    private static byte[] sealed(byte[] header) {
        int length = header.length - ProxyHeader.Decoder.FIXED;
        header[14] = (byte) (length >> Byte.SIZE);
        header[15] = (byte) length;
        int sum = ProxyHeader.Decoder.checksum(header);
        for (int i = 0; i < Integer.BYTES; i++) {
            header[header.length - 1 - i] = (byte) (sum >> (i * Byte.SIZE));
        }
        return header;
    }

    private static void tlv(ByteArrayOutputStream out, int type, byte[] value) {
        int length = type == SSL ? value.length : Math.min(value.length, MOST_VALUE);
        out.write(type);
        u16(out, length);
        out.write(value, 0, length);
    }

    private static void u16(ByteArrayOutputStream out, int value) {
        out.write(value >> Byte.SIZE);
        out.write(value);
    }
}
