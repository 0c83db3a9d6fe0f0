package io.hawser.vrrp;

import java.net.InetAddress;
import java.nio.ByteBuffer;

/** The one's complement sum of RFC 1071. Stateless. */
final class InternetChecksum {

    private InternetChecksum() {}

    /** The unfolded sum of all 16-bit words between position and limit; the buffer is left as it was. */
    static long sum(ByteBuffer bytes) {
        long sum = 0;
        int at = bytes.position();
        int end = bytes.limit();
        for (; at + 1 < end; at += 2) {
            sum += (bytes.get(at) & 0xFF) << 8 | (bytes.get(at + 1) & 0xFF);
        }
        return at < end ? sum + ((bytes.get(at) & 0xFF) << 8) : sum;
    }

    /** The unfolded sum of a pseudo-header: RFC 8200 8.1, and likewise for IPv4. */
    static long pseudoHeader(InetAddress source, InetAddress destination, int protocol, int length) {
        return sum(ByteBuffer.wrap(source.getAddress()))
                + sum(ByteBuffer.wrap(destination.getAddress()))
                + protocol
                + length;
    }

    /** Folds a sum and complements it: the checksum to send, or 0 when the sum covered a valid checksum. */
    static int finish(long sum) {
        long folded = sum;
        while (folded >>> 16 != 0) {
            folded = (folded & 0xFFFF) + (folded >>> 16);
        }
        return (int) (~folded & 0xFFFF);
    }
}
