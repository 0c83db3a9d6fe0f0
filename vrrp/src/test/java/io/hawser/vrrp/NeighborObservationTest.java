package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.hawser.sysctl.linux.Family;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NeighborObservationTest {

    private static final Mac MAC = new Mac(0x02_42_0A_63_00_0BL);
    private static final InetAddress FOUR = AdvertisementTest.ip("10.99.0.10");
    private static final InetAddress SIX = AdvertisementTest.ip("fd00::99");

    private static ByteBuffer hex(String text) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(text.replace(" ", "")));
    }

    /** An ARP answer as Linux sent it. */
    private static ByteBuffer arpAnswer() {
        return hex("02420a63000d 02420a63000b 0806 0001 0800 06 04 0002 02420a63000b 0a63000a 02420a63000d 00000000");
    }

    /** A neighbour advertisement as Linux sent it: solicited and override, with the MAC address. */
    private static ByteBuffer advertisement() {
        return hex("88 00 1234 60000000 fd000000000000000000000000000099 0201 02420a63000b");
    }

    @Test
    void readsWhoAnswersArp() {
        assertEquals(new NeighborObservation.Stated(FOUR, MAC, true), NeighborObservation.ofArp(arpAnswer()));
    }

    @Test
    void takesAGratuitousRequestForAClaimAndAProbeForNone() {
        ByteBuffer frame = ByteBuffer.allocate(AddressProbe.LENGTH);
        GratuitousArp.encode(frame, MAC.bytes(), (Inet4Address) FOUR);
        assertEquals(new NeighborObservation.Stated(FOUR, MAC, false), NeighborObservation.ofArp(frame.flip()));
        frame.clear();
        AddressProbe.encode(frame, MAC, (Inet4Address) FOUR);
        assertInstanceOf(NeighborObservation.None.class, NeighborObservation.ofArp(frame.flip()));
    }

    @Test
    void readsWhoAdvertisesAnIpv6Address() {
        assertEquals(
                new NeighborObservation.Stated(SIX, MAC, true),
                NeighborObservation.ofNeighborAdvertisement(advertisement(), 255));
        ByteBuffer unsolicited = ByteBuffer.allocate(UnsolicitedNeighborAdvertisement.LENGTH);
        UnsolicitedNeighborAdvertisement.encode(unsolicited, MAC.bytes(), (Inet6Address) SIX, true);
        ByteBuffer message = unsolicited.flip().slice(54, 32);
        assertEquals(
                new NeighborObservation.Stated(SIX, MAC, false),
                NeighborObservation.ofNeighborAdvertisement(message, 255));
    }

    @Test
    void readsAnAdvertisementWithoutAMacAddress() {
        ByteBuffer message = advertisement().slice(0, 24);
        NeighborObservation.Stated stated = assertInstanceOf(
                NeighborObservation.Stated.class, NeighborObservation.ofNeighborAdvertisement(message, 255));
        assertNull(stated.mac());
    }

    @Test
    void believesNothingThatARouterForwarded() {
        assertInstanceOf(
                NeighborObservation.None.class, NeighborObservation.ofNeighborAdvertisement(advertisement(), 254));
    }

    @Test
    void refusesOptionsThatEndNowhere() {
        assertInstanceOf(
                NeighborObservation.None.class,
                NeighborObservation.ofNeighborAdvertisement(advertisement().put(25, (byte) 0), 255));
        assertInstanceOf(
                NeighborObservation.None.class,
                NeighborObservation.ofNeighborAdvertisement(advertisement().put(25, (byte) 2), 255));
    }

    @Test
    void refusesOtherHardwareProtocolsAndOperations() {
        int[] places = {15, 16, 18, 19, 21};
        for (int place : places) {
            ByteBuffer frame = arpAnswer();
            frame.put(place, (byte) 9);
            assertInstanceOf(NeighborObservation.None.class, NeighborObservation.ofArp(frame), "byte " + place);
        }
    }

    @Test
    void neverThrowsOnForeignBytes() {
        Random random = new Random(3);
        for (int i = 0; i < 200_000; i++) {
            ByteBuffer base = (i & 1) == 0 ? arpAnswer() : advertisement();
            ByteBuffer cut = base.slice(0, random.nextInt(base.limit() + 1));
            for (int changes = random.nextInt(4); changes > 0 && cut.limit() > 0; changes--) {
                cut.put(random.nextInt(cut.limit()), (byte) random.nextInt());
            }
            NeighborObservation.ofArp(cut.asReadOnlyBuffer());
            NeighborObservation.ofNeighborAdvertisement(cut.asReadOnlyBuffer(), 255);
        }
    }

    @Test
    void asksForAnIpv6AddressFromAnOwnOne() {
        ByteBuffer frame = ByteBuffer.allocate(AddressProbe.LENGTH);
        InetAddress own = AdvertisementTest.ip("fe80::11");
        AddressProbe.encode(frame, MAC, own, (Inet6Address) SIX);
        frame.flip();
        assertEquals("3333ff000099", HexFormat.of().formatHex(frame.array(), 0, 6));
        assertEquals("ff0200000000000000000001ff000099", HexFormat.of().formatHex(frame.array(), 38, 54));
        long sum = InternetChecksum.pseudoHeader(own, AdvertisementTest.ip("ff02::1:ff00:99"), 58, 32)
                + InternetChecksum.sum(frame.slice(54, 32));
        assertEquals(0, InternetChecksum.finish(sum), "the checksum is right");
        assertEquals("0101" + "02420a63000b", HexFormat.of().formatHex(frame.array(), 78, 86));
    }

    @Test
    void virtualMacAddressesAreThoseOfTheRfc() {
        assertEquals("00:00:5e:00:01:33", Mac.virtual(Family.IPV4, 51).toString());
        assertEquals("00:00:5e:00:02:ff", Mac.virtual(Family.IPV6, 255).toString());
        assertEquals(MAC, Mac.of(MAC.bytes()));
    }

    @Test
    void advertisementFramesCarryRightHeaders() {
        ByteBuffer message = ByteBuffer.allocate(12).put(0, (byte) 0x31);
        ByteBuffer frame = ByteBuffer.allocate(100);
        AdvertisementFrame.encode(frame, Mac.virtual(Family.IPV4, 51), AdvertisementTest.ip("10.99.0.11"), message);
        frame.flip();
        assertEquals(14 + 20 + 12, frame.limit());
        assertEquals("01005e000012" + "00005e000133" + "0800", HexFormat.of().formatHex(frame.array(), 0, 14));
        assertEquals(0, InternetChecksum.finish(InternetChecksum.sum(frame.slice(14, 20))));
        assertEquals("ff70", HexFormat.of().formatHex(frame.array(), 22, 24), "TTL 255, protocol 112");
        assertEquals(0x31, frame.get(34));
    }
}
