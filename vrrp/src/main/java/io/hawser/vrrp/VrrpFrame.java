package io.hawser.vrrp;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * An Ethernet frame that carries VRRP over IPv4 (RFC 791) or IPv6 (RFC 8200) without extension headers.
 *
 * @param mac its sender's MAC address, as text
 * @param source its sender
 * @param destination where it goes
 * @param ttl TTL or hop limit
 * @param message the VRRP message, a view of the frame
 */
record VrrpFrame(String mac, InetAddress source, InetAddress destination, int ttl, ByteBuffer message) {
    /*  0 destination MAC   6 source MAC   12 ethertype   14 IP header
     *  IPv4: 14 version, length   16 total length   20 fragment   22 TTL   23 protocol   26 source   30 destination
     *  IPv6: 14 version   18 payload length   20 next header   21 hop limit   22 source   38 destination   54 payload  */
    private static final int ETHERNET = 14;
    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86DD;
    private static final int IPV6_HEADER = 40;
    private static final int FRAGMENT = 0x3FFF;

    /** Reads a frame, from position to limit; null when it is something else or contradicts itself. Never throws. */
    static @Nullable VrrpFrame read(ByteBuffer frame) {
        ByteBuffer in = frame.slice();
        if (in.remaining() < ETHERNET + 20) {
            return null;
        }
        return switch (in.getShort(12) & 0xFFFF) {
            case IPV4 -> readIpv4(in);
            case IPV6 -> readIpv6(in);
            default -> null;
        };
    }

    private static @Nullable VrrpFrame readIpv4(ByteBuffer in) {
        int header = (in.get(14) & 0x0F) * 4;
        int total = in.getShort(16) & 0xFFFF;
        boolean isWhole = (in.getShort(20) & FRAGMENT) == 0;
        boolean isVrrp = (in.get(23) & 0xFF) == Advertisement.PROTOCOL;
        if ((in.get(14) & 0xFF) >> 4 != 4
                || header < 20
                || total < header
                || total > in.remaining() - ETHERNET
                || !isWhole
                || !isVrrp) {
            return null;
        }
        return frame(in, 26, 4, in.get(22), in.slice(ETHERNET + header, total - header));
    }

    private static @Nullable VrrpFrame readIpv6(ByteBuffer in) {
        if (in.remaining() < ETHERNET + IPV6_HEADER) {
            return null;
        }
        int length = in.getShort(18) & 0xFFFF;
        boolean isVrrp = (in.get(20) & 0xFF) == Advertisement.PROTOCOL;
        if ((in.get(14) & 0xFF) >> 4 != 6 || length > in.remaining() - ETHERNET - IPV6_HEADER || !isVrrp) {
            return null;
        }
        return frame(in, 22, 16, in.get(21), in.slice(ETHERNET + IPV6_HEADER, length));
    }

    private static VrrpFrame frame(ByteBuffer in, int addressesAt, int size, byte ttl, ByteBuffer message) {
        byte[] mac = new byte[6];
        in.get(6, mac);
        return new VrrpFrame(
                HexFormat.ofDelimiter(":").formatHex(mac),
                address(in, addressesAt, size),
                address(in, addressesAt + size, size),
                ttl & 0xFF,
                message);
    }

    private static InetAddress address(ByteBuffer in, int at, int size) {
        byte[] bytes = new byte[size];
        in.get(at, bytes);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an address of " + size + " bytes was refused", impossible);
        }
    }
}
