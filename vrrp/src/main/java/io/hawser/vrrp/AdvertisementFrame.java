package io.hawser.vrrp;

import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * An advertisement to the multicast group as an Ethernet frame, for a router whose frames leave with its virtual MAC
 * address (RFC 9568 7.3): switches then know behind which port that address is. Stateless.
 *
 * <pre>
 * IPv4: | 01:00:5e:00:00:12 | source MAC | type 0x0800 | IPv4 header, TTL 255, protocol 112 | message |
 * IPv6: | 33:33:00:00:00:12 | source MAC | type 0x86dd | IPv6 header, hop limit 255, next header 112 | message |
 * </pre>
 */
final class AdvertisementFrame {
    /** The most bytes that come before the message. */
    static final int HEADERS = 14 + 40;

    private static final int IPV4_HEADER = 20;
    /** Class selector 6, internetwork control, RFC 2474. */
    private static final int TRAFFIC_CLASS = 0xC0;

    private AdvertisementFrame() {}

    /**
     * Writes the frame at the position of {@code out} and moves it behind.
     *
     * @param mac whom the frame is from
     * @param source the address that the advertisement is from; its family decides the form
     * @param message the advertisement, from position to limit; left as it was
     */
    static void encode(ByteBuffer out, Mac mac, InetAddress source, ByteBuffer message) {
        byte[] from = source.getAddress();
        int length = message.remaining();
        if (from.length == 4) {
            byte[] group = MulticastGroup.IPV4.getAddress();
            out.put(new byte[] {1, 0, 0x5E, 0, 0, 0x12}).put(mac.bytes()).putShort((short) 0x0800);
            int start = out.position();
            out.put((byte) 0x45).put((byte) TRAFFIC_CLASS).putShort((short) (IPV4_HEADER + length));
            out.putInt(0).put((byte) 255).put((byte) Advertisement.PROTOCOL).putShort((short) 0);
            out.put(from).put(group);
            long sum = InternetChecksum.sum(out.slice(start, IPV4_HEADER));
            out.putShort(start + 10, (short) InternetChecksum.finish(sum));
        } else {
            byte[] group = MulticastGroup.IPV6.getAddress();
            out.put(new byte[] {0x33, 0x33, 0, 0, 0, 0x12}).put(mac.bytes()).putShort((short) 0x86DD);
            out.putInt(0x60000000 | TRAFFIC_CLASS << 20).putShort((short) length);
            out.put((byte) Advertisement.PROTOCOL).put((byte) 255);
            out.put(from).put(group);
        }
        out.put(out.position(), message, message.position(), length).position(out.position() + length);
    }
}
