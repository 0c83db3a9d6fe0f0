package io.hawser.vrrp;

import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One of the many frames that arrived: what it is, and whose. Immutable.
 *
 * @param mac its sender, as the switch knows it
 * @param source its sender's IP address, as the frame says; null when it says none
 * @param vrid of VRRP; 0 of anything else, and when it says none
 * @param isOurs whether a virtual router here has that VRID
 * @param fault why it is discarded, as far as it tells by itself: the label of a {@link DiscardReason}; empty for nothing
 */
record LinkSample(
        Flood.Protocol protocol, Mac mac, @Nullable InetAddress source, int vrid, boolean isOurs, String fault) {
    /*  Ethernet:  0 destination MAC   6 source MAC   12 ethertype
     *  ARP:       16 protocol, lengths   28 sender   IPv4:  26 source   IPv6:  20 next header   22 source  */
    private static final int MAC_AT = 6;
    private static final int TYPE_AT = 12;
    private static final int ETHERNET = 14;
    private static final int IPV4 = 0x0800;
    private static final int ARP = 0x0806;
    private static final int IPV6 = 0x86DD;

    /**
     * Reads a frame that was let pass as one of these protocols; null when it is too short to be one. Never throws.
     *
     * @param frame from position to limit, in network byte order
     * @param vrids those of the virtual routers here
     */
    static @Nullable LinkSample read(ByteBuffer frame, Map<Family, Set<Integer>> vrids) {
        ByteBuffer in = frame.slice();
        if (in.limit() < ETHERNET) {
            return null;
        }
        Mac mac = Mac.at(in, MAC_AT);
        return switch (in.getShort(TYPE_AT) & 0xFFFF) {
            case ARP -> other(Flood.Protocol.ARP, mac, sender(in));
            case IPV4 -> vrrp(in, mac, address(in, 26, 4), vrids);
            case IPV6 -> {
                InetAddress source = address(in, 22, 16);
                boolean isVrrp = in.limit() > 20 && (in.get(20) & 0xFF) == Advertisement.PROTOCOL;
                yield isVrrp ? vrrp(in, mac, source, vrids) : other(Flood.Protocol.NEIGHBOR_DISCOVERY, mac, source);
            }
            default -> null;
        };
    }

    private static LinkSample other(Flood.Protocol protocol, Mac mac, @Nullable InetAddress source) {
        return new LinkSample(protocol, mac, source, 0, false, "");
    }

    private static LinkSample vrrp(
            ByteBuffer in, Mac mac, @Nullable InetAddress source, Map<Family, Set<Integer>> vrids) {
        VrrpFrame read = VrrpFrame.read(in);
        if (read == null) {
            return new LinkSample(Flood.Protocol.VRRP, mac, source, 0, false, DiscardReason.TRUNCATED.label());
        }
        int vrid = Math.max(0, Advertisement.peekVrid(read.message()));
        boolean isOurs = vrids.getOrDefault(Family.of(read.source()), Set.of()).contains(vrid);
        Decoded.Context context = new Decoded.Context(read.source(), read.destination(), read.ttl());
        String fault = Advertisement.decode(read.message(), context) instanceof Decoded.Bad(DiscardReason reason)
                ? reason.label()
                : "";
        return new LinkSample(Flood.Protocol.VRRP, mac, read.source(), vrid, isOurs, fault);
    }

    private static @Nullable InetAddress sender(ByteBuffer in) {
        boolean isOfIpv4 = in.limit() >= 42 && in.getShort(16) == IPV4 && in.getShort(18) == 0x0604;
        return isOfIpv4 ? address(in, 28, 4) : null;
    }

    private static @Nullable InetAddress address(ByteBuffer in, int at, int length) {
        if (in.limit() < at + length) {
            return null;
        }
        byte[] bytes = new byte[length];
        in.get(at, bytes);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an address of " + length + " bytes was refused", impossible);
        }
    }

    /** Whether it is another packet of the same: of the same machine, wrong or right for the same reason. */
    boolean isLike(LinkSample other) {
        return mac.equals(other.mac) && isOurs == other.isOurs && fault.equals(other.fault);
    }

    /** What of the protocol arrives, as a phrase about an interface. */
    String what(String interfaceName) {
        String packets = protocol.words() + " packets a second ";
        if (protocol != Flood.Protocol.VRRP) {
            return packets + "arrive on " + interfaceName;
        }
        if (!fault.isEmpty()) {
            return packets + "are discarded on " + interfaceName + ": " + fault;
        }
        return packets + "arrive on " + interfaceName + " for "
                + (isOurs ? "VRID " + vrid : "VRIDs that are not used here");
    }

    /** Who sent it, in words. */
    String who() {
        String machine = "MAC " + mac;
        String named = source == null ? machine : AddressText.of(Objects.requireNonNull(source)) + ", " + machine;
        // Of a sound one for a router here the VRID is what it is called by.
        return vrid > 0 && !(isOurs && fault.isEmpty()) ? named + ", VRID " + vrid : named;
    }
}
