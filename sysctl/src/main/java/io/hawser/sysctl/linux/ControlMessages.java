package io.hawser.sysctl.linux;

import java.nio.ByteBuffer;

/** The ancillary data of a raw socket (cmsg(3)): where a packet came in, and its TTL. For one thread at a time. */
final class ControlMessages {
    /*  struct cmsghdr, 64-bit:  0 length, header included (8 bytes)   8 level   12 type   16 data, padded to 8  */
    static final int HEADER = 16;

    private static final int LEVEL = 8;
    private static final int TYPE = 12;
    private static final int IPPROTO_IP = 0;
    private static final int IP_TTL = 2;
    private static final int IP_PKTINFO = 8;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_PKTINFO = 50;
    private static final int IPV6_HOPLIMIT = 52;
    private static final int PKTINFO_SIZE = 12;
    private static final int PKTINFO6_SIZE = 20;

    private int ttl = -1;
    private int packetInformationAt = -1;

    /** Reads what the kernel wrote, in native byte order; never throws, whatever the bytes. */
    void read(ByteBuffer control, int length) {
        ttl = -1;
        packetInformationAt = -1;
        int end = Math.min(length, control.capacity());
        int at = 0;
        while (end - at >= HEADER) {
            long size = control.getLong(at);
            if (size < HEADER || size > end - at) {
                return;
            }
            note(control, at, (int) size - HEADER);
            at += space((int) size - HEADER);
        }
    }

    private void note(ByteBuffer control, int at, int size) {
        int level = control.getInt(at + LEVEL);
        int type = control.getInt(at + TYPE);
        boolean four = level == IPPROTO_IP;
        boolean six = level == IPPROTO_IPV6;
        if ((four && type == IP_TTL) || (six && type == IPV6_HOPLIMIT)) {
            ttl = size >= Integer.BYTES ? control.getInt(at + HEADER) : -1;
        } else if ((four && type == IP_PKTINFO) || (six && type == IPV6_PKTINFO)) {
            packetInformationAt = size >= (four ? PKTINFO_SIZE : PKTINFO6_SIZE) ? at + HEADER : -1;
        }
    }

    /** TTL or hop limit, or -1 when it was not there. */
    int ttl() {
        return ttl;
    }

    /** Where in_pktinfo or in6_pktinfo starts, or -1 when it was not there. */
    int packetInformationAt() {
        return packetInformationAt;
    }

    /** Writes the header of a single message and returns the same buffer; the data go to {@link #HEADER}. */
    static ByteBuffer start(ByteBuffer control, int level, int type, int size) {
        return control.putLong(0, HEADER + size).putInt(LEVEL, level).putInt(TYPE, type);
    }

    /** The room a message with so much data takes (CMSG_SPACE). */
    static int space(int size) {
        return HEADER + (size + 7 & ~7);
    }
}
