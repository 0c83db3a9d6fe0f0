package io.hawser.vrrp;

import java.net.Inet4Address;
import java.nio.ByteBuffer;

/**
 * A gratuitous ARP request, as an Ethernet frame. Stateless.
 *
 * <pre>
 * | destination ff:ff:ff:ff:ff:ff | source MAC | type 0x0806 |                        14 bytes
 * | hardware 1 | protocol 0x0800 | lengths 6, 4 | operation 1 |                       8 bytes
 * | sender MAC | sender IPv4 = virtual address | target MAC 0 | target IPv4 = same |  20 bytes, RFC 826
 * | padding to the shortest Ethernet frame |                                          18 bytes
 * </pre>
 */
final class GratuitousArp {

    /*
     * The request form only: RFC 5227 section 3 explains that every RFC 826 implementation updates an existing entry
     * from a request, while some ignore a reply that they did not ask for. Keepalived and the Linux kernel do the same.
     */

    /** The length of the frame in bytes. */
    static final int LENGTH = 60;

    private GratuitousArp() {}

    /**
     * Writes the frame at the position of {@code out} and moves it behind.
     *
     * @param out at least {@link #LENGTH} bytes
     * @param mac the 6 bytes that the address is to be reached at
     * @param address the virtual address
     */
    static void encode(ByteBuffer out, byte[] mac, Inet4Address address) {
        int start = out.position();
        byte[] ip = address.getAddress();
        for (int i = 0; i < 6; i++) {
            out.put((byte) 0xFF);
        }
        out.put(mac).putShort((short) 0x0806);
        out.putShort((short) 1)
                .putShort((short) 0x0800)
                .put((byte) 6)
                .put((byte) 4)
                .putShort((short) 1);
        out.put(mac).put(ip).put(new byte[6]).put(ip);
        out.put(new byte[LENGTH - (out.position() - start)]);
    }
}
