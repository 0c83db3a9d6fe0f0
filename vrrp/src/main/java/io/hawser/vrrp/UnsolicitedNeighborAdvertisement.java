package io.hawser.vrrp;

import java.net.Inet6Address;
import java.nio.ByteBuffer;

/**
 * An unsolicited neighbour advertisement to all nodes, as an Ethernet frame. Stateless.
 *
 * <pre>
 * | destination 33:33:00:00:00:01 | source MAC | type 0x86dd |                        14 bytes
 * | IPv6 header: next header 58, hop limit 255, from the virtual address to ff02::1 | 40 bytes
 * | type 136 | code 0 | checksum | R S O flags, 29 bits reserved |                     8 bytes, RFC 4861 4.4
 * | target = virtual address |                                                        16 bytes
 * | option 2, length 1, MAC |                                                          8 bytes
 * </pre>
 */
final class UnsolicitedNeighborAdvertisement {

    /** The length of the frame in bytes. */
    static final int LENGTH = 86;

    private static final int ICMP_LENGTH = 32;
    private static final int ICMPV6 = 58;
    private static final int ROUTER = 0x80000000;
    private static final int OVERRIDE = 0x20000000;
    private static final byte[] ALL_NODES = {(byte) 0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    private static final byte[] ALL_NODES_MAC = {0x33, 0x33, 0, 0, 0, 1};

    private UnsolicitedNeighborAdvertisement() {}

    /**
     * Writes the frame at the position of {@code out} and moves it behind.
     *
     * @param out at least {@link #LENGTH} bytes
     * @param mac the 6 bytes that the address is to be reached at
     * @param address the virtual address, which is also the sender: it is on the interface by now
     * @param router whether the R flag is set: RFC 9568 6.4.2 sets it; a host that does not forward must not, or
     *     neighbours would keep it as a default router
     */
    static void encode(ByteBuffer out, byte[] mac, Inet6Address address, boolean router) {
        byte[] ip = address.getAddress();
        out.put(ALL_NODES_MAC).put(mac).putShort((short) 0x86DD);
        out.putInt(0x60000000).putShort((short) ICMP_LENGTH).put((byte) ICMPV6).put((byte) 255);
        out.put(ip).put(ALL_NODES);
        int icmp = out.position();
        out.put((byte) 136).put((byte) 0).putShort((short) 0).putInt(OVERRIDE | (router ? ROUTER : 0));
        out.put(ip).put((byte) 2).put((byte) 1).put(mac);
        long sum = InternetChecksum.sum(ByteBuffer.wrap(ip))
                + InternetChecksum.sum(ByteBuffer.wrap(ALL_NODES))
                + ICMP_LENGTH
                + ICMPV6
                + InternetChecksum.sum(out.slice(icmp, ICMP_LENGTH));
        out.putShort(icmp + 2, (short) InternetChecksum.finish(sum));
    }
}
