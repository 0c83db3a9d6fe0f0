package io.hawser.lb.inspect;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the ClientHello at the start of a connection, however it is cut into segments and records. Used by one thread, for
 * one connection; never throws, whatever the bytes.
 *
 * <pre>
 *  TLSPlaintext (RFC 8446 5.1)                 Handshake (RFC 8446 4)
 * +------+---------+--------+----------+      +------+----------+---------------+
 * | 0x16 | 0x03 0x | length | fragment |      | 0x01 | length   | ClientHello   |
 * +------+---------+--------+----------+      +------+----------+---------------+
 *    1        2        2       1..2^14            1        3
 * </pre>
 */
public final class TlsHelloReader {
    /*
     * Two steps, so that hostile fragmentation buys nothing. The first looks at each byte of framing once, remembers
     * where it stopped, and keeps a few integers, not bytes. Only when the last byte of the message is there is it taken
     * out of its records and looked into, once. A client that sends a byte at a time costs a few comparisons for each.
     */

    /** Bytes of a hello, record headers included, beyond which it is too large. */
    static final int MOST_BYTES = 16 << 10;

    /** How many entries of a list are kept. */
    static final int MOST_KEPT = 16;

    private static final int RECORD_HEADER = 5;
    private static final int HANDSHAKE_HEADER = 4;
    private static final int HANDSHAKE_RECORD = 22;
    private static final int CLIENT_HELLO = 1;
    private static final int MOST_FRAGMENT = 1 << 14;
    private static final int LAST_MINOR_VERSION = 4;

    // Where the next record header begins, and how many bytes of handshake the records before it hold.
    private int recordAt;
    private int gathered;
    // With its header; known once that is there.
    private int messageLength = -1;
    private @Nullable TlsHello verdict;

    /** Of a connection of which nothing has come yet. */
    public TlsHelloReader() {}

    /**
     * Looks at what has come so far; of {@code bytes} nothing is kept, and their position and limit play no part.
     *
     * @param bytes from the first byte of the connection (of TLS, that is) at index {@code start}
     * @param start where they begin; the same in each call
     * @param end the index after the last; not smaller than in the call before
     */
    public TlsHello read(ByteBuffer bytes, int start, int end) {
        TlsHello known = verdict;
        if (known != null) {
            return known;
        }
        // What lies beyond has no say: how much of it has come depends on the segments.
        TlsHello result = scan(bytes, start, Math.min(end - start, MOST_BYTES));
        if (!(result instanceof TlsHello.NeedMore)) {
            verdict = result;
        }
        return result;
    }

    private TlsHello scan(ByteBuffer bytes, int start, int available) {
        while (true) {
            TlsHello wrong = checkHeader(bytes, start, available);
            if (wrong != null) {
                return wrong;
            }
            if (available < recordAt + RECORD_HEADER) {
                return available >= MOST_BYTES ? TlsHello.TooLarge.INSTANCE : TlsHello.NeedMore.INSTANCE;
            }
            int fragment = u16(bytes, start + recordAt + 3);
            int fragmentAt = recordAt + RECORD_HEADER;
            int recordEnd = fragmentAt + fragment;
            // Before a look into the record, of which more or less may have come.
            if (recordEnd > MOST_BYTES) {
                return TlsHello.TooLarge.INSTANCE;
            }
            int usable = Math.min(fragment, available - fragmentAt);
            if (messageLength < 0) {
                TlsHello bad = readMessageHeader(bytes, start, fragmentAt, usable);
                if (bad != null) {
                    return bad;
                }
            }
            boolean isKnown = messageLength >= 0;
            if (isKnown && gathered + fragment > messageLength) {
                return new TlsHello.Malformed(TlsHello.Reason.TRAILING_BYTES);
            }
            if (available < recordEnd) {
                return TlsHello.NeedMore.INSTANCE;
            }
            gathered += fragment;
            recordAt = recordEnd;
            if (isKnown && gathered == messageLength) {
                return body(bytes, start);
            }
        }
    }

    /** What is wrong with as much of a record's header as is there; null for nothing. */
    private @Nullable TlsHello checkHeader(ByteBuffer bytes, int start, int available) {
        int have = available - recordAt;
        boolean isFirst = recordAt == 0;
        if ((have > 0 && u8(bytes, start + recordAt) != HANDSHAKE_RECORD)
                || (have > 1 && u8(bytes, start + recordAt + 1) != 3)
                || (have > 2 && u8(bytes, start + recordAt + 2) > LAST_MINOR_VERSION)) {
            return isFirst ? TlsHello.NotTls.INSTANCE : new TlsHello.Malformed(TlsHello.Reason.RECORD);
        }
        if (have >= RECORD_HEADER) {
            // RFC 8446 5.1: zero-length fragments of handshake types MUST NOT be sent, nor any of more than 2^14 bytes.
            int fragment = u16(bytes, start + recordAt + 3);
            if (fragment == 0 || fragment > MOST_FRAGMENT) {
                return new TlsHello.Malformed(TlsHello.Reason.RECORD);
            }
        }
        return null;
    }

    /*
     * The four bytes may lie in four records, and records before this one may hold some; they are looked up again from
     * the start, which costs at most four steps.
     */
    private @Nullable TlsHello readMessageHeader(ByteBuffer bytes, int start, int fragmentAt, int usable) {
        if (gathered == 0 && usable > 0 && u8(bytes, start + fragmentAt) != CLIENT_HELLO) {
            return new TlsHello.Malformed(TlsHello.Reason.NOT_A_CLIENT_HELLO);
        }
        if (gathered + usable < HANDSHAKE_HEADER) {
            return null;
        }
        byte[] header = gather(bytes, start, HANDSHAKE_HEADER);
        int length = ((header[1] & 0xFF) << 16) | ((header[2] & 0xFF) << 8) | (header[3] & 0xFF);
        if (length > MOST_BYTES - RECORD_HEADER - HANDSHAKE_HEADER) {
            return TlsHello.TooLarge.INSTANCE;
        }
        messageLength = HANDSHAKE_HEADER + length;
        return null;
    }

    /** Takes the first bytes of the handshake out of their records; all of them must be there. */
    private static byte[] gather(ByteBuffer bytes, int start, int wanted) {
        byte[] message = new byte[wanted];
        int at = start;
        int have = 0;
        while (have < wanted) {
            int part = Math.min(u16(bytes, at + 3), wanted - have);
            bytes.get(at + RECORD_HEADER, message, have, part);
            have += part;
            at += RECORD_HEADER + part;
        }
        return message;
    }

    private TlsHello body(ByteBuffer bytes, int start) {
        Body body = new Body(gather(bytes, start, messageLength));
        TlsHello.Reason wrong = body.parse();
        if (wrong != null) {
            return new TlsHello.Malformed(wrong);
        }
        return new TlsHello.Client(recordAt, body.serverName, body.alpn, body.versions, body.hasEarlyData);
    }

    private static int u8(ByteBuffer bytes, int at) {
        return bytes.get(at) & 0xFF;
    }

    private static int u16(ByteBuffer bytes, int at) {
        return (u8(bytes, at) << 8) | u8(bytes, at + 1);
    }

    /** The message itself, in one piece. */
    private static final class Body {
        private static final int SERVER_NAME = 0;
        private static final int ALPN = 16;
        private static final int EARLY_DATA = 42;
        private static final int SUPPORTED_VERSIONS = 43;
        private static final int HOST_NAME = 0;
        private static final int RANDOM_LENGTH = 32;
        private static final int MOST_SESSION_ID = 32;
        private static final int MOST_HOST_NAME = 255;

        private final byte[] message;
        private int at = HANDSHAKE_HEADER;

        @Nullable
        String serverName;

        final List<String> alpn = new ArrayList<>(2);
        final List<Integer> versions = new ArrayList<>(2);
        boolean hasEarlyData;

        Body(byte[] message) {
            this.message = message;
        }

        TlsHello.@Nullable Reason parse() {
            int end = message.length;
            if (end - at < 2 + RANDOM_LENGTH + 1) {
                return TlsHello.Reason.LENGTH;
            }
            int legacyVersion = u16();
            at += RANDOM_LENGTH;
            int sessionId = u8();
            if (sessionId > MOST_SESSION_ID || !skip(sessionId, end)) {
                return TlsHello.Reason.LENGTH;
            }
            if (end - at < 2) {
                return TlsHello.Reason.LENGTH;
            }
            int suites = u16();
            if (suites < 2 || suites % 2 != 0 || !skip(suites, end) || end - at < 1) {
                return TlsHello.Reason.LENGTH;
            }
            int compressions = u8();
            if (compressions < 1 || !skip(compressions, end)) {
                return TlsHello.Reason.LENGTH;
            }
            // RFC 5246 7.4.1.2: the extensions may be missing, with their length.
            TlsHello.Reason wrong = at == end ? null : extensions(end);
            if (wrong == null && versions.isEmpty()) {
                versions.add(legacyVersion);
            }
            return wrong;
        }

        private TlsHello.@Nullable Reason extensions(int end) {
            if (end - at < 2 || u16() != end - at) {
                return TlsHello.Reason.LENGTH;
            }
            int seen = 0;
            while (at < end) {
                if (end - at < 4) {
                    return TlsHello.Reason.LENGTH;
                }
                int type = u16();
                int length = u16();
                int dataEnd = at + length;
                if (dataEnd > end) {
                    return TlsHello.Reason.LENGTH;
                }
                int bit = bitOf(type);
                // RFC 8446 4.2: MUST NOT be more than one extension of the same type; two readers might take either.
                if ((seen & bit) != 0) {
                    return TlsHello.Reason.DUPLICATE_EXTENSION;
                }
                seen |= bit;
                TlsHello.Reason wrong = extension(type, dataEnd);
                if (wrong != null) {
                    return wrong;
                }
                at = dataEnd;
            }
            return null;
        }

        private static int bitOf(int type) {
            return switch (type) {
                case SERVER_NAME -> 1;
                case ALPN -> 2;
                case SUPPORTED_VERSIONS -> 4;
                case EARLY_DATA -> 8;
                default -> 0;
            };
        }

        private TlsHello.@Nullable Reason extension(int type, int end) {
            return switch (type) {
                case SERVER_NAME -> serverName(end);
                case ALPN -> alpn(end);
                case SUPPORTED_VERSIONS -> versions(end);
                case EARLY_DATA -> {
                    hasEarlyData = true;
                    yield null;
                }
                default -> null;
            };
        }

        private TlsHello.@Nullable Reason serverName(int end) {
            if (end - at < 2 || u16() != end - at) {
                return TlsHello.Reason.LENGTH;
            }
            if (at == end) {
                return TlsHello.Reason.EMPTY_LIST;
            }
            while (at < end) {
                if (end - at < 3) {
                    return TlsHello.Reason.LENGTH;
                }
                int type = u8();
                int length = u16();
                if (length > end - at) {
                    return TlsHello.Reason.LENGTH;
                }
                if (type == HOST_NAME) {
                    // RFC 6066 3: MUST NOT contain more than one name of the same type.
                    if (serverName != null) {
                        return TlsHello.Reason.DUPLICATE_EXTENSION;
                    }
                    serverName = hostName(at, length);
                    if (serverName == null) {
                        return TlsHello.Reason.SERVER_NAME;
                    }
                }
                at += length;
            }
            return null;
        }

        private @Nullable String hostName(int from, int length) {
            int kept = length > 1 && message[from + length - 1] == '.' ? length - 1 : length;
            if (kept == 0 || kept > MOST_HOST_NAME) {
                return null;
            }
            char[] name = new char[kept];
            for (int i = 0; i < kept; i++) {
                char said = (char) (message[from + i] & 0xFF);
                char c = said >= 'A' && said <= 'Z' ? (char) (said - 'A' + 'a') : said;
                // An underscore is in no host name, and in many names of services. A colon is in IPv6 addresses, which
                // RFC 6066 forbids and clients send.
                if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' && c != ':') {
                    return null;
                }
                name[i] = c;
            }
            return new String(name);
        }

        private TlsHello.@Nullable Reason alpn(int end) {
            if (end - at < 2 || u16() != end - at) {
                return TlsHello.Reason.LENGTH;
            }
            if (at == end) {
                return TlsHello.Reason.EMPTY_LIST;
            }
            while (at < end) {
                int length = u8();
                if (length == 0) {
                    return TlsHello.Reason.EMPTY_LIST;
                }
                if (length > end - at) {
                    return TlsHello.Reason.LENGTH;
                }
                if (alpn.size() < MOST_KEPT) {
                    alpn.add(new String(message, at, length, StandardCharsets.ISO_8859_1));
                }
                at += length;
            }
            return null;
        }

        private TlsHello.@Nullable Reason versions(int end) {
            if (end - at < 1 || u8() != end - at || (end - at) % 2 != 0) {
                return TlsHello.Reason.LENGTH;
            }
            if (at == end) {
                return TlsHello.Reason.EMPTY_LIST;
            }
            while (at < end) {
                int version = u16();
                // RFC 8701: 0x?A?A with equal bytes is sent to be ignored.
                boolean isGrease = (version & 0x0F0F) == 0x0A0A && version >> 8 == (version & 0xFF);
                if (!isGrease && versions.size() < MOST_KEPT) {
                    versions.add(version);
                }
            }
            return null;
        }

        private boolean skip(int length, int end) {
            if (length > end - at) {
                return false;
            }
            at += length;
            return true;
        }

        private int u8() {
            return message[at++] & 0xFF;
        }

        private int u16() {
            int value = ((message[at] & 0xFF) << 8) | (message[at + 1] & 0xFF);
            at += 2;
            return value;
        }
    }
}
