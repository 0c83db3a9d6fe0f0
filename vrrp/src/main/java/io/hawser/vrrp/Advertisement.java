package io.hawser.vrrp;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A VRRP advertisement of version 2 (RFC 3768) or 3 (RFC 9568, IPv4 and IPv6). Immutable.
 *
 * <pre>
 * version 3, RFC 9568 section 5.1                        version 2, RFC 3768 section 5.1
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Version| Type=1|  Virtual Rtr  |   Priority    |  Address count|
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Reserve| Interval, centisecond |           Checksum            |   version 3
 * |   Auth Type   | Interval, sec |           Checksum            |   version 2
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                 addresses, 4 or 16 bytes each                 |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |            authentication data, 8 bytes, version 2 only       |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * @param version 2 or 3
 * @param vrid 1 to 255 when sent; 0 to 255 when received
 * @param priority 0 (resigning) to 255 (owner)
 * @param intervalNanos advertisement interval: whole centiseconds up to 40.95 s, or whole seconds up to 255 s
 * @param addresses the virtual addresses, all of one family, at most 255
 * @param authentication type and data of version 2; {@link Authentication#NONE} in version 3
 */
record Advertisement(
        int version,
        int vrid,
        int priority,
        long intervalNanos,
        List<InetAddress> addresses,
        Authentication authentication) {

    /** The IP protocol number of VRRP. */
    static final int PROTOCOL = 112;

    /** The only TTL and hop limit a VRRP packet may have. RFC 9568 5.1.1.3 and 5.1.2.3. */
    static final int TTL = 255;

    /** The longest message: 255 IPv6 addresses. */
    static final int MAXIMUM_LENGTH = 8 + 255 * 16;

    private static final int TYPE = 1;
    private static final int HEADER = 8;
    private static final int CHECKSUM_AT = 6;
    private static final long CENTISECOND = 10_000_000L;
    private static final long SECOND = 1_000_000_000L;

    Advertisement {
        addresses = List.copyOf(addresses);
    }

    /**
     * Reads one message, from the position to the limit of {@code message}, both left as they were. Bytes after the
     * message are padding and ignored. Never throws on foreign bytes.
     */
    static Decoded decode(ByteBuffer message, Decoded.Context context) {
        ByteBuffer in = message.slice();
        if (context.ttl() != TTL) {
            return bad(DiscardReason.TTL); // RFC 9568 7.1: MUST verify that the IPv4 TTL or IPv6 Hop Limit is 255
        }
        if (in.remaining() < HEADER) {
            return bad(DiscardReason.TRUNCATED);
        }
        int version = (in.get(0) & 0xFF) >> 4;
        boolean six = context.source() instanceof Inet6Address;
        if (version != 3 && (version != 2 || six)) {
            return bad(DiscardReason.VERSION);
        }
        if ((in.get(0) & 0x0F) != TYPE) {
            return bad(DiscardReason.TYPE); // RFC 9568 5.2.2: a packet with unknown type MUST be discarded
        }
        int count = in.get(3) & 0xFF;
        int size = six ? 16 : 4;
        int length = HEADER + count * size + (version == 2 ? Authentication.LENGTH : 0);
        if (in.remaining() < length) {
            return bad(DiscardReason.TRUNCATED);
        }
        in.limit(length);
        ChecksumForm form = checksum(in, version, context);
        if (form == null) {
            return bad(DiscardReason.CHECKSUM);
        }
        if (count == 0) {
            return bad(DiscardReason.COUNT_ZERO);
        }
        long interval = version == 3 ? (in.getShort(4) & 0x0FFF) * CENTISECOND : (in.get(5) & 0xFF) * SECOND;
        if (interval == 0) {
            return bad(DiscardReason.INTERVAL_ZERO);
        }
        List<InetAddress> addresses = addresses(in, count, size);
        if (six && !addresses.getFirst().isLinkLocalAddress()) {
            return bad(DiscardReason.FIRST_NOT_LINK_LOCAL);
        }
        Authentication authentication = version == 2 ? Authentication.read(in, length) : Authentication.NONE;
        return new Decoded.Ok(
                new Advertisement(version, in.get(1) & 0xFF, in.get(2) & 0xFF, interval, addresses, authentication),
                form);
    }

    private static Decoded bad(DiscardReason reason) {
        return new Decoded.Bad(reason);
    }

    private static @Nullable ChecksumForm checksum(ByteBuffer message, int version, Decoded.Context context) {
        long sum = InternetChecksum.sum(message);
        boolean six = context.source() instanceof Inet6Address;
        // RFC 9568 5.2.8: no pseudo-header over IPv4. Most implementations have one, from reading RFC 5798 that way.
        if (!six && InternetChecksum.finish(sum) == 0) {
            return ChecksumForm.MESSAGE;
        }
        long pseudo = pseudo(context.source(), context.destination(), message.remaining());
        return version == 3 && InternetChecksum.finish(sum + pseudo) == 0 ? ChecksumForm.PSEUDO_HEADER : null;
    }

    private static long pseudo(InetAddress source, InetAddress destination, int length) {
        return InternetChecksum.pseudoHeader(source, destination, PROTOCOL, length);
    }

    private static List<InetAddress> addresses(ByteBuffer in, int count, int size) {
        List<InetAddress> addresses = new ArrayList<>(count);
        byte[] bytes = new byte[size];
        for (int i = 0; i < count; i++) {
            in.get(HEADER + i * size, bytes);
            addresses.add(address(bytes));
        }
        return addresses;
    }

    private static InetAddress address(byte[] bytes) {
        try {
            // An IPv4-mapped IPv6 address becomes an Inet4Address here; it is only compared and printed.
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an address of " + bytes.length + " bytes was refused", impossible);
        }
    }

    /**
     * Writes the message at the position of {@code out} and moves it behind.
     *
     * @param out at least {@link #length()} bytes
     * @param source where the packet leaves from, for the pseudo-header
     * @param destination where it goes, of the same family
     * @param form what the checksum covers
     */
    void encode(ByteBuffer out, InetAddress source, InetAddress destination, ChecksumForm form) {
        int start = out.position();
        out.put((byte) (version << 4 | TYPE))
                .put((byte) vrid)
                .put((byte) priority)
                .put((byte) addresses.size());
        if (version == 3) {
            out.putShort((short) (intervalNanos / CENTISECOND & 0x0FFF));
        } else {
            out.put((byte) authentication.type()).put((byte) (intervalNanos / SECOND));
        }
        out.putShort((short) 0);
        for (InetAddress address : addresses) {
            out.put(address.getAddress());
        }
        if (version == 2) {
            authentication.write(out);
        }
        ByteBuffer message = out.slice(start, out.position() - start);
        long sum = InternetChecksum.sum(message);
        long covered =
                form == ChecksumForm.PSEUDO_HEADER ? sum + pseudo(source, destination, message.remaining()) : sum;
        out.putShort(start + CHECKSUM_AT, (short) InternetChecksum.finish(covered));
    }

    /** The length of the message in bytes. */
    int length() {
        int size = addresses.isEmpty() || addresses.getFirst() instanceof Inet6Address ? 16 : 4;
        return HEADER + addresses.size() * size + (version == 2 ? Authentication.LENGTH : 0);
    }

    /** Whether a packet has the checksum that the kernel checks over IPv6: over all of it, with the pseudo-header. */
    static boolean hasWholeChecksum(ByteBuffer packet, InetAddress source, InetAddress destination) {
        ByteBuffer whole = packet.slice();
        long pseudo = pseudo(source, destination, whole.remaining());
        return InternetChecksum.finish(InternetChecksum.sum(whole) + pseudo) == 0;
    }

    /** The VRID that a message claims, before anything else of it is known to be right; -1 when it is too short. */
    static int peekVrid(ByteBuffer message) {
        return message.remaining() < 2 ? -1 : message.get(message.position() + 1) & 0xFF;
    }
}
