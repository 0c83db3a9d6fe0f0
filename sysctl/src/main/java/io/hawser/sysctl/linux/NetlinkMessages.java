package io.hawser.sysctl.linux;

import java.nio.ByteBuffer;

/**
 * Walks the messages of one netlink datagram (netlink(7)). Whatever the bytes, it never throws and never reads outside
 * the datagram: what is malformed ends the walk. For one thread at a time.
 */
final class NetlinkMessages {
    /*  struct nlmsghdr, native byte order:
     *  0 length, header included   4 type (2)   6 flags (2)   8 sequence   12 port of the sender   16 payload, padded to 4
     */
    static final int HEADER = 16;

    static final int NLMSG_ERROR = 2;
    static final int NLMSG_DONE = 3;
    static final int NLM_F_DUMP_INTR = 0x10;
    static final int NLM_F_CAPPED = 0x100;
    static final int NLM_F_ACK_TLVS = 0x200;

    private final ByteBuffer datagram;
    private int end;
    private int next;
    private int at;
    private int length;

    /** Walks a buffer in native byte order that is filled anew by each receive. */
    NetlinkMessages(ByteBuffer datagram) {
        this.datagram = datagram;
    }

    /** Starts again at the first message of a datagram of {@code size} bytes. */
    void rewind(int size) {
        end = Math.clamp(size, 0, datagram.capacity());
        next = 0;
    }

    /** Goes to the next message; false when there is none, or only a malformed one. */
    boolean next() {
        at = next;
        if (end - at < HEADER) {
            return false;
        }
        length = datagram.getInt(at);
        if (length < HEADER || length > end - at) {
            next = end;
            return false;
        }
        next = at + Math.min(aligned(length), end - at);
        return true;
    }

    static int aligned(int length) {
        return length + 3 & ~3;
    }

    ByteBuffer bytes() {
        return datagram;
    }

    int type() {
        return datagram.getShort(at + 4) & 0xFFFF;
    }

    int flags() {
        return datagram.getShort(at + 6) & 0xFFFF;
    }

    int sequence() {
        return datagram.getInt(at + 8);
    }

    /** Where the payload starts in {@link #bytes}. */
    int payloadAt() {
        return at + HEADER;
    }

    /** How long the payload is. */
    int payloadLength() {
        return length - HEADER;
    }

    /** The first number of the payload of NLMSG_ERROR and NLMSG_DONE: 0 or a negated error number. */
    int error() {
        return payloadLength() < Integer.BYTES ? 0 : datagram.getInt(payloadAt());
    }

    /**
     * Where the attributes of an acknowledgement start, counted from the payload, or -1 if it has none: after the error
     * number and the header of the request, or the whole request unless the kernel left that away.
     */
    int acknowledgementAttributesAt() {
        if ((flags() & NLM_F_ACK_TLVS) == 0 || payloadLength() < Integer.BYTES + HEADER) {
            return -1;
        }
        int request = datagram.getInt(payloadAt() + Integer.BYTES);
        boolean capped = (flags() & NLM_F_CAPPED) != 0;
        if (!capped && (request < HEADER || request > payloadLength() - Integer.BYTES)) {
            return -1;
        }
        return Integer.BYTES + (capped ? HEADER : aligned(request));
    }
}
