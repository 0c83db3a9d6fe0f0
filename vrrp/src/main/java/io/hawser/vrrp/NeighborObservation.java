package io.hawser.vrrp;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What a packet says about who has an address. Immutable. */
sealed interface NeighborObservation {

    /**
     * A machine says that it has an address.
     *
     * @param address the address
     * @param mac the machine, null when the packet does not name it
     * @param isAnswer whether it was asked; otherwise it says so of its own accord, or in passing
     */
    record Stated(InetAddress address, @Nullable Mac mac, boolean isAnswer) implements NeighborObservation {}

    /** Nothing is claimed: another kind of packet, or a malformed one. */
    record None(String why) implements NeighborObservation {}

    /**
     * Reads an ARP packet, RFC 826. Never throws.
     *
     * <pre>
     * | Ethernet header                                                      |  14 bytes
     * | hardware 1 | protocol 0x0800 | lengths 6, 4 | operation 1 or 2       |   8 bytes
     * | sender MAC | sender IPv4 | target MAC | target IPv4                  |  20 bytes
     * </pre>
     *
     * @param frame a whole frame from position 0 on, in network byte order
     */
    static NeighborObservation ofArp(ByteBuffer frame) {
        if (frame.limit() < 42) {
            return new None("shorter than an ARP packet");
        }
        boolean isEthernet = frame.getShort(14) == 1 && frame.getShort(16) == 0x0800 && frame.getShort(18) == 0x0604;
        int operation = frame.getShort(20) & 0xFFFF;
        if (!isEthernet || operation < 1 || operation > 2) {
            return new None("not an ARP request or answer for IPv4 over Ethernet");
        }
        if (frame.getInt(28) == 0) {
            // RFC 5227 1.1: whoever probes whether an address is free has none yet.
            return new None("a probe");
        }
        return new Stated(address(frame, 28, 4), Mac.at(frame, 22), operation == 2);
    }

    /**
     * Reads a neighbour advertisement, RFC 4861 4.4. Never throws. The checksum is the kernel's business.
     *
     * <pre>
     * | type 136 | code 0 | checksum | R S O flags, 29 bits reserved |   8 bytes
     * | target                                                       |  16 bytes
     * | options: type, length in units of 8 bytes, value             |
     * </pre>
     *
     * @param message an ICMPv6 message from position 0 on, in network byte order
     * @param hopLimit the one that it arrived with
     */
    static NeighborObservation ofNeighborAdvertisement(ByteBuffer message, int hopLimit) {
        // RFC 4861 7.1.2: what a router may have forwarded says nothing about this link.
        if (hopLimit != 255) {
            return new None("hop limit " + hopLimit + " is not 255");
        }
        if (message.limit() < 24 || (message.get(0) & 0xFF) != 136 || message.get(1) != 0) {
            return new None("not a neighbour advertisement");
        }
        if ((message.get(8) & 0xFF) == 0xFF) {
            return new None("a multicast address belongs to no machine");
        }
        boolean isSolicited = (message.get(4) & 0x40) != 0;
        Mac mac = null;
        int at = 24;
        while (message.limit() - at >= 8) {
            int length = (message.get(at + 1) & 0xFF) * 8;
            // RFC 4861 4.6: a message with an option of length 0 is discarded.
            if (length == 0 || length > message.limit() - at) {
                return new None("an option ends outside the message");
            }
            if (message.get(at) == 2) {
                mac = Mac.at(message, at + 2);
            }
            at += length;
        }
        return new Stated(address(message, 8, 16), mac, isSolicited);
    }

    private static InetAddress address(ByteBuffer bytes, int position, int length) {
        byte[] raw = new byte[length];
        bytes.get(position, raw);
        try {
            // InetAddress.getByAddress would turn an IPv4-mapped IPv6 address into an IPv4 one.
            return length == 16 ? Inet6Address.getByAddress(null, raw, -1) : InetAddress.getByAddress(raw);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an address of " + length + " bytes was refused", impossible);
        }
    }
}
