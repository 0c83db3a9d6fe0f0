package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.hawser.sysctl.linux.Family;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LinkSampleTest {
    private static final Map<Family, Set<Integer>> HERE = Map.of(Family.IPV4, Set.of(51));
    private static final Mac MAC = Mac.virtual(Family.IPV4, 13);

    private static ByteBuffer advert(int vrid) {
        InetAddress from = AdvertisementTest.ip("10.99.0.13");
        ByteBuffer message = ByteBuffer.allocate(64);
        new Advertisement(3, vrid, 100, 100_000_000L, List.of(Lab.address(99)), Authentication.NONE)
                .encode(message, from, MulticastGroup.IPV4, ChecksumForm.PSEUDO_HEADER);
        message.flip();
        ByteBuffer frame = ByteBuffer.allocate(AdvertisementFrame.HEADERS + message.remaining());
        AdvertisementFrame.encode(frame, MAC, from, message);
        return frame.flip();
    }

    private static LinkSample vrrp(int vrid, boolean isOurs, String fault) {
        return new LinkSample(Flood.Protocol.VRRP, MAC, AdvertisementTest.ip("10.99.0.13"), vrid, isOurs, fault);
    }

    private static @Nullable LinkSample read(ByteBuffer frame) {
        return LinkSample.read(frame, HERE);
    }

    @Test
    void anAdvertisementIsOfARouterHereOrOfAnother() {
        assertEquals(vrrp(51, true, ""), read(advert(51)));
        assertEquals(vrrp(77, false, ""), read(advert(77)));
    }

    @Test
    void whatIsWrongWithItIsSaid() {
        ByteBuffer damaged = advert(51);
        damaged.put(damaged.limit() - 1, (byte) 98);
        assertEquals(vrrp(51, true, "checksum"), read(damaged));
        ByteBuffer forwarded = advert(51).put(22, (byte) 254);
        assertEquals(vrrp(51, true, "ttl"), read(forwarded));
        ByteBuffer fragment = advert(51).putShort(20, (short) 0x2000);
        assertEquals(vrrp(0, false, "truncated"), read(fragment));
    }

    @Test
    void arpIsOfWhoSaysSo() {
        ByteBuffer frame = ByteBuffer.allocate(64);
        GratuitousArp.encode(frame, MAC.bytes(), (Inet4Address) AdvertisementTest.ip("10.99.0.77"));
        frame.flip();
        assertEquals(
                new LinkSample(Flood.Protocol.ARP, MAC, AdvertisementTest.ip("10.99.0.77"), 0, false, ""), read(frame));
        assertEquals(new LinkSample(Flood.Protocol.ARP, MAC, null, 0, false, ""), read(frame.putShort(16, (short) 1)));
    }

    @Test
    void neighbourDiscoveryIsOfItsSource() {
        ByteBuffer frame = ByteBuffer.allocate(14 + 40 + 24);
        frame.put(6, MAC.bytes()).putShort(12, (short) 0x86DD).put(20, (byte) 58);
        frame.put(22, AdvertisementTest.ip("fe80::13").getAddress()).put(54, (byte) 135);
        LinkSample sample = read(frame);
        assertNotNull(sample);
        assertEquals(Flood.Protocol.NEIGHBOR_DISCOVERY, sample.protocol());
        assertEquals("fe80::13, MAC " + MAC, sample.who());
    }

    @Test
    void whatIsTooShortIsNothing() {
        assertNull(read(ByteBuffer.allocate(13)));
        ByteBuffer header = ByteBuffer.allocate(14).putShort(12, (short) 0x0806);
        assertNotNull(read(header.clear()));
    }
}
