package io.hawser.vrrp;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * An ARP probe or neighbour solicitation that asks who else has an address, as an Ethernet frame. A second holder answers
 * it, even one that never announced itself. It changes no neighbour's cache. Stateless.
 *
 * <pre>
 * IPv4, an ARP probe (RFC 5227 1.1), 60 bytes with padding:
 * | destination ff:ff:ff:ff:ff:ff | source MAC | type 0x0806 |
 * | hardware 1 | protocol 0x0800 | lengths 6, 4 | operation 1 |
 * | sender MAC | sender IPv4 0.0.0.0 | target MAC 0 | target IPv4 = the address |
 *
 * IPv6, a neighbour solicitation (RFC 4861 4.3), 86 bytes:
 * | destination 33:33:ff:XX:XX:XX | source MAC | type 0x86dd |
 * | IPv6 header: next header 58, hop limit 255, from an own address to ff02::1:ffXX:XXXX |
 * | type 135 | code 0 | checksum | reserved | target = the address | option 1, length 1, MAC |
 * </pre>
 */
final class AddressProbe {
    /*
     * Over IPv6 not from the unspecified address, as duplicate address detection asks: its answer goes to all nodes of
     * the link and would send their traffic to the machine that should not have the address.
     */

    /** The length of the longer frame in bytes. */
    static final int LENGTH = 86;

    private static final int ARP_LENGTH = 60;
    private static final int ICMP_LENGTH = 32;
    private static final int ICMPV6 = 58;

    private AddressProbe() {}

    /** Writes the IPv4 form at the position of {@code out}, from the interface's own {@code mac}, and moves behind. */
    static void encode(ByteBuffer out, Mac mac, Inet4Address address) {
        int start = out.position();
        byte[] own = mac.bytes();
        for (int i = 0; i < 6; i++) {
            out.put((byte) 0xFF);
        }
        out.put(own).putShort((short) 0x0806);
        out.putShort((short) 1)
                .putShort((short) 0x0800)
                .putShort((short) 0x0604)
                .putShort((short) 1);
        out.put(own).putInt(0).put(new byte[6]).put(address.getAddress());
        out.put(new byte[ARP_LENGTH - (out.position() - start)]);
    }

    /**
     * Writes the IPv6 form at the position of {@code out} and moves behind.
     *
     * @param mac the interface's own
     * @param source an own address of the interface, where the answer goes
     */
    static void encode(ByteBuffer out, Mac mac, InetAddress source, Inet6Address address) {
        byte[] own = mac.bytes();
        byte[] from = source.getAddress();
        byte[] target = address.getAddress();
        byte[] group = {(byte) 0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, (byte) 0xFF, target[13], target[14], target[15]};
        out.put((byte) 0x33).put((byte) 0x33).put(group, 12, 4).put(own).putShort((short) 0x86DD);
        out.putInt(0x60000000).putShort((short) ICMP_LENGTH).put((byte) ICMPV6).put((byte) 255);
        out.put(from).put(group);
        int icmp = out.position();
        out.put((byte) 135).put((byte) 0).putShort((short) 0).putInt(0);
        out.put(target).put((byte) 1).put((byte) 1).put(own);
        long sum = InternetChecksum.sum(ByteBuffer.wrap(from))
                + InternetChecksum.sum(ByteBuffer.wrap(group))
                + ICMP_LENGTH
                + ICMPV6
                + InternetChecksum.sum(out.slice(icmp, ICMP_LENGTH));
        out.putShort(icmp + 2, (short) InternetChecksum.finish(sum));
    }
}
