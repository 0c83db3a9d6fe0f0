package io.hawser.sysctl.linux;

import java.nio.ByteBuffer;

/** The IPv4 header that raw sockets hand over together with the payload (RFC 791 3.1). Pure. */
final class Ipv4Header {
    static final int DESTINATION = 16;
    private static final int SMALLEST = 20;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private Ipv4Header() {}

    /**
     * What follows the header.
     *
     * @param packet a packet from position 0 on
     * @param length how many bytes were received
     * @return a read-only view of the payload without link padding, or an empty buffer when version, header length or
     *     total length contradict what was received
     */
    static ByteBuffer payload(ByteBuffer packet, int length) {
        int received = Math.min(length, packet.capacity());
        if (received < SMALLEST) {
            return NOTHING;
        }
        int first = packet.get(0) & 0xFF;
        int header = (first & 0x0F) * 4;
        // Network byte order, whatever the order of the buffer.
        int total = (packet.get(2) & 0xFF) << 8 | (packet.get(3) & 0xFF);
        if (first >> 4 != 4 || header < SMALLEST || total < header || total > received) {
            return NOTHING;
        }
        return packet.slice(header, total - header).asReadOnlyBuffer();
    }
}
