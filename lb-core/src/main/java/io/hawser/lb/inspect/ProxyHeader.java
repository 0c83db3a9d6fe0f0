package io.hawser.lb.inspect;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The header with which one proxy tells the next who its client is: the PROXY protocol, versions 1 and 2, of HAProxy's
 * proxy-protocol.txt. What stood at the start of a connection; immutable.
 *
 * <pre>
 *  version 1: "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", at most 107 bytes
 *
 *  version 2:
 * +-----------------------------+-------------+----------------+--------+-----------+-----------------------+
 * | \r\n\r\n\0\r\nQUIT\n        | 2 | command | family | proto | length | addresses | TLVs: type, length 2  |
 * +-----------------------------+-------------+----------------+--------+-----------+-----------------------+
 *              12                      1              1             2      0, 12, 36,
 *                                                                          or 216
 * </pre>
 */
public sealed interface ProxyHeader {
    /** Bytes of a header of version 2 beyond which it is too large; the format would allow 65,551. */
    int MOST_BYTES = 16 << 10;

    /** They begin like a header, and more must come to tell. */
    record NeedMore() implements ProxyHeader {
        /** The one there need be. */
        public static final NeedMore INSTANCE = new NeedMore();
    }

    /**
     * A whole header.
     *
     * @param length how many bytes it takes
     * @param source the client; null when the header doesn't say, or the sender speaks for itself (LOCAL, UNKNOWN, a
     *     family other than IP): then the connection's own addresses count
     * @param destination where the client connected to; null when the source is
     */
    record Known(
            int length,
            @Nullable InetSocketAddress source,
            @Nullable InetSocketAddress destination) implements ProxyHeader {}

    /** They are no header. */
    record Absent() implements ProxyHeader {
        static final Absent INSTANCE = new Absent();
    }

    /**
     * They begin as a header and break its rules.
     *
     * @param reason the rule
     */
    record Malformed(Reason reason) implements ProxyHeader {}

    /** Why a header is malformed. */
    enum Reason {
        /** Version 1: no line end within 107 bytes, or a word too many or too few. */
        LINE,
        /** An address that is none, or is of another family than announced. */
        ADDRESS,
        /** Version 2: a version, command, family or protocol that there is not. */
        CODE,
        /** Version 2: a length that doesn't fit what is around it. */
        LENGTH,
        /** Version 2: the checksum is wrong. */
        CHECKSUM,
        /** Version 2: longer than {@value ProxyHeader#MOST_BYTES} bytes. */
        TOO_LARGE;

        private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

        /** The name for logs: lower case with dashes. */
        public String label() {
            return label;
        }
    }

    /**
     * Looks at the start of a connection; never throws.
     *
     * @param bytes with all that has come
     * @param start index of the first byte
     * @param end index after the last
     */
    static ProxyHeader decode(ByteBuffer bytes, int start, int end) {
        int length = end - start;
        if (matches(Decoder.LINE_START, bytes, start, length)) {
            return length < Decoder.LINE_START.length ? NeedMore.INSTANCE : Decoder.line(bytes, start, length);
        }
        if (matches(Decoder.SIGNATURE, bytes, start, length)) {
            return length < Decoder.FIXED ? NeedMore.INSTANCE : Decoder.binary(bytes, start, length);
        }
        return Absent.INSTANCE;
    }

    private static boolean matches(byte[] expected, ByteBuffer bytes, int start, int length) {
        int compared = Math.min(expected.length, length);
        for (int i = 0; i < compared; i++) {
            if (bytes.get(start + i) != expected[i]) {
                return false;
            }
        }
        return true;
    }

    /** The two formats. */
    final class Decoder {
        /*
         * Why not netty-codec-haproxy: it is a stage of a channel's pipeline, which the relay has none of, throws on what
         * it doesn't like, and passes over the checksum. It is the oracle of the tests.
         */
        static final byte[] LINE_START = "PROXY ".getBytes(StandardCharsets.US_ASCII);
        static final byte[] SIGNATURE = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};
        static final int FIXED = 16;
        static final int CHECKSUM = 0x03;

        private static final int MOST_LINE = 107;
        private static final int MOST_PORT = 65_535;
        private static final int MOST_PORT_DIGITS = 5;
        private static final int LOCAL = 0x20;
        private static final int PROXY = 0x21;
        private static final int IP4_STREAM = 0x11;
        private static final int IP6_STREAM = 0x21;
        private static final int MOST_FAMILY = 3;
        private static final int MOST_PROTOCOL = 2;
        private static final int[] ADDRESS_BYTES = {0, 12, 36, 216};
        private static final int TLV_HEADER = 3;

        private Decoder() {}

        private static ProxyHeader line(ByteBuffer bytes, int start, int length) {
            int most = Math.min(length, MOST_LINE);
            for (int i = LINE_START.length; i < most; i++) {
                if (bytes.get(start + i) == '\n') {
                    if (bytes.get(start + i - 1) != '\r') {
                        return new Malformed(Reason.LINE);
                    }
                    byte[] line = new byte[i - 1 - LINE_START.length];
                    bytes.get(start + LINE_START.length, line);
                    return words(new String(line, StandardCharsets.ISO_8859_1), i + 1);
                }
            }
            return length < MOST_LINE ? NeedMore.INSTANCE : new Malformed(Reason.LINE);
        }

        private static ProxyHeader words(String line, int length) {
            String[] words = line.split(" ", -1);
            // After UNKNOWN the rest of the line is to be ignored.
            if (words[0].equals("UNKNOWN")) {
                return new Known(length, null, null);
            }
            boolean isIp6 = words[0].equals("TCP6");
            if (words.length != 5 || (!isIp6 && !words[0].equals("TCP4"))) {
                return new Malformed(Reason.LINE);
            }
            InetAddress source = address(words[1], isIp6);
            InetAddress destination = address(words[2], isIp6);
            int sourcePort = port(words[3]);
            int destinationPort = port(words[4]);
            if (source == null || destination == null || sourcePort < 0 || destinationPort < 0) {
                return new Malformed(Reason.ADDRESS);
            }
            return new Known(
                    length,
                    new InetSocketAddress(source, sourcePort),
                    new InetSocketAddress(destination, destinationPort));
        }

        private static @Nullable InetAddress address(String text, boolean isIp6) {
            boolean valid = isIp6
                    ? text.indexOf('%') < 0 && text.indexOf('[') < 0 && NetUtil.isValidIpV6Address(text)
                    : NetUtil.isValidIpV4Address(text);
            byte[] bytes = valid ? NetUtil.createByteArrayFromIpAddressString(text) : null;
            return bytes == null ? null : addressOf(bytes);
        }

        private static int port(String text) {
            int length = text.length();
            if (length == 0 || length > MOST_PORT_DIGITS || (length > 1 && text.charAt(0) == '0')) {
                return -1;
            }
            int port = 0;
            for (int i = 0; i < length; i++) {
                char digit = text.charAt(i);
                if (digit < '0' || digit > '9') {
                    return -1;
                }
                port = port * 10 + digit - '0';
            }
            return port > MOST_PORT ? -1 : port;
        }

        private static ProxyHeader binary(ByteBuffer bytes, int start, int available) {
            int command = u8(bytes, start + 12);
            int kind = u8(bytes, start + 13);
            int family = kind >> 4;
            boolean isKind = family <= MOST_FAMILY && (kind & 0xF) <= MOST_PROTOCOL;
            if ((command != LOCAL && command != PROXY) || !isKind) {
                return new Malformed(Reason.CODE);
            }
            int length = FIXED + u16(bytes, start + 14);
            if (length > MOST_BYTES) {
                return new Malformed(Reason.TOO_LARGE);
            }
            if (available < length) {
                return NeedMore.INSTANCE;
            }
            // "the receiver must accept this connection as valid and must use the real connection endpoints and discard
            // the protocol block including the family which is ignored"
            if (command == LOCAL) {
                return new Known(length, null, null);
            }
            int addressesEnd = FIXED + ADDRESS_BYTES[family];
            if (addressesEnd > length) {
                return new Malformed(Reason.LENGTH);
            }
            Reason wrong = checkTlvs(bytes, start, addressesEnd, length);
            if (wrong != null) {
                return new Malformed(wrong);
            }
            return switch (kind) {
                case IP4_STREAM -> known(bytes, start, length, 4);
                case IP6_STREAM -> known(bytes, start, length, 16);
                default -> new Known(length, null, null);
            };
        }

        private static Known known(ByteBuffer bytes, int start, int length, int addressBytes) {
            int ports = start + FIXED + 2 * addressBytes;
            return new Known(
                    length,
                    endpoint(bytes, start + FIXED, addressBytes, u16(bytes, ports)),
                    endpoint(bytes, start + FIXED + addressBytes, addressBytes, u16(bytes, ports + 2)));
        }

        private static InetSocketAddress endpoint(ByteBuffer bytes, int at, int addressBytes, int port) {
            byte[] address = new byte[addressBytes];
            bytes.get(at, address);
            return new InetSocketAddress(addressOf(address), port);
        }

        private static @Nullable Reason checkTlvs(ByteBuffer bytes, int start, int from, int length) {
            int at = from;
            while (at < length) {
                if (length - at < TLV_HEADER) {
                    return Reason.LENGTH;
                }
                int valueAt = at + TLV_HEADER;
                int valueLength = u16(bytes, start + at + 1);
                if (valueLength > length - valueAt) {
                    return Reason.LENGTH;
                }
                if (u8(bytes, start + at) == CHECKSUM) {
                    if (valueLength != Integer.BYTES) {
                        return Reason.LENGTH;
                    }
                    if (!isIntact(bytes, start, length, valueAt)) {
                        return Reason.CHECKSUM;
                    }
                }
                at = valueAt + valueLength;
            }
            return null;
        }

        private static boolean isIntact(ByteBuffer bytes, int start, int length, int checksumAt) {
            byte[] header = new byte[length];
            bytes.get(start, header);
            int said = 0;
            for (int i = 0; i < Integer.BYTES; i++) {
                said = (said << Byte.SIZE) | (header[checksumAt + i] & 0xFF);
                // It was computed with zeros in its own place.
                header[checksumAt + i] = 0;
            }
            return checksum(header) == said;
        }

        static int checksum(byte[] header) {
            CRC32C sum = new CRC32C();
            sum.update(header);
            return (int) sum.getValue();
        }

        private static InetAddress addressOf(byte[] bytes) {
            try {
                return InetAddress.getByAddress(bytes);
            } catch (UnknownHostException e) {
                throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
            }
        }

        private static int u8(ByteBuffer bytes, int at) {
            return bytes.get(at) & 0xFF;
        }

        private static int u16(ByteBuffer bytes, int at) {
            return (u8(bytes, at) << 8) | u8(bytes, at + 1);
        }
    }
}
