package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Decodes datagrams that a Linux 6.18 sent (netlink-datagrams.hex), whole and damaged. */
class NetlinkTest {
    private static final List<String> TITLES = new ArrayList<>();
    private static final List<byte[]> DATAGRAMS = new ArrayList<>();

    private final ByteBuffer memory = ByteBuffer.allocate(65_536).order(ByteOrder.nativeOrder());
    private final NetlinkMessages messages = new NetlinkMessages(memory);
    private final NetlinkAttributes attributes = new NetlinkAttributes(memory);
    private final RouteDecoder decoder = new RouteDecoder(attributes);

    @BeforeAll
    static void readCaptures() throws IOException {
        try (InputStream in = NetlinkTest.class.getResourceAsStream("netlink-datagrams.hex")) {
            String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII);
            for (String line : text.lines().toList()) {
                if (line.startsWith("#")) {
                    TITLES.add(line.substring(2));
                } else {
                    DATAGRAMS.add(HexFormat.of().parseHex(line));
                }
            }
        }
        assertEquals(TITLES.size(), DATAGRAMS.size());
    }

    private void load(byte[] datagram) {
        memory.put(0, datagram);
        messages.rewind(datagram.length);
    }

    private void load(String title) {
        for (int i = 0; i < TITLES.size(); i++) {
            if (TITLES.get(i).startsWith(title)) {
                load(DATAGRAMS.get(i));
                return;
            }
        }
        throw new IllegalArgumentException(title);
    }

    @Test
    void addressesOfADumpAreReadWithLifetimesAndFlags() throws Exception {
        load("answer to RTM_GETADDR");
        List<InterfaceAddress> found = new ArrayList<>();
        while (messages.next()) {
            InterfaceAddress address = decoder.address(messages);
            if (address != null) {
                found.add(address);
            }
        }
        assertEquals(
                new InterfaceAddress(
                        1, InetAddress.getByName("127.0.0.1"), 8, false, true, Long.MAX_VALUE, false, false),
                found.getFirst());
        assertTrue(found.contains(new InterfaceAddress(
                2, InetAddress.getByName("10.9.0.2"), 24, true, true, Long.MAX_VALUE, false, false)));
        assertTrue(found.contains(
                new InterfaceAddress(2, InetAddress.getByName("10.9.0.10"), 32, false, false, 2, false, false)));
    }

    @Test
    void pointToPointAddressIsTheLocalOne() throws Exception {
        load("answer to RTM_GETADDR");
        List<InetAddress> found = new ArrayList<>();
        while (messages.next()) {
            InterfaceAddress address = decoder.address(messages);
            if (address != null) {
                found.add(address.address());
            }
        }
        assertTrue(found.contains(InetAddress.getByName("192.0.2.1")));
        assertFalse(found.contains(InetAddress.getByName("192.0.2.2")));
    }

    @Test
    void linkIsReadWithNameMacAndMtu() {
        load("answer to RTM_GETLINK");
        assertTrue(messages.next());
        assertEquals(new Link(1, "lo", true, true, new byte[6], 65_536, "", 0), decoder.link(messages));
    }

    @Test
    void bridgePortIsNoLink() {
        load("notification of type 17, family 7");
        assertTrue(messages.next());
        assertNull(decoder.link(messages));
        load("notification of type 17, family 0");
        assertTrue(messages.next());
        assertEquals("e0", Objects.requireNonNull(decoder.link(messages)).name());
    }

    @Test
    void removedAddressIsRead() throws Exception {
        load("notification of type 21, family 2");
        assertTrue(messages.next());
        InterfaceAddress address = Objects.requireNonNull(decoder.address(messages));
        assertEquals(InetAddress.getByName("10.9.0.10"), address.address());
    }

    @Test
    void extendedAcknowledgementIsFoundWithoutTheRequest() {
        load("NLMSG_ERROR");
        assertTrue(messages.next());
        assertEquals(NetlinkMessages.NLMSG_ERROR, messages.type());
        assertEquals(-Errno.ENODEV, messages.error());
        assertEquals(20, messages.acknowledgementAttributesAt());
        attributes.of(messages, 20);
        assertTrue(attributes.next());
        assertEquals("ipv4: Device not found", attributes.string());
    }

    @Test
    void messageShorterThanItsHeaderEndsTheWalk() {
        byte[] one = DATAGRAMS.getFirst().clone();
        one[0] = 15;
        one[1] = 0;
        load(one);
        assertFalse(messages.next());
        assertFalse(messages.next());
    }

    @Test
    void attributeLongerThanItsRegionEndsTheWalk() {
        memory.putShort(0, (short) 9).putShort(2, (short) 1);
        assertFalse(attributes.over(0, 8).next());
        memory.putShort(0, (short) 8);
        assertTrue(attributes.over(0, 8).next());
        assertFalse(attributes.next());
    }

    @Test
    void nestedAttributesAreWalkedWithTheirFlagMasked() {
        NetlinkRequest request = new NetlinkRequest(memory).start(0, 0);
        request.attributeHeader(0x8000 | 5, 16).attribute(1, 42).attribute(2, 43);
        int length = request.finish(1);
        assertTrue(attributes
                .over(NetlinkMessages.HEADER, length - NetlinkMessages.HEADER)
                .next());
        assertEquals(5, attributes.type());
        NetlinkAttributes inner = attributes.nested();
        assertTrue(inner.next());
        assertEquals(42, inner.int32(0));
        assertTrue(inner.next());
        assertEquals(43, inner.int32(0));
        assertFalse(inner.next());
    }

    @Test
    void requestIsPaddedLikeC() {
        NetlinkRequest request = new NetlinkRequest(memory).start(20, NetlinkRequest.NLM_F_ACK);
        request.attributeHeader(11, 1).int8(112).pad();
        assertEquals(24, request.finish(7));
        assertEquals(24, memory.getInt(0));
        assertEquals(5, memory.getShort(16));
        assertEquals(7, memory.getInt(8));
    }

    @Test
    void severalMessagesGoTogetherWithOneNumber() {
        ByteBuffer bytes = ByteBuffer.allocate(256).order(ByteOrder.nativeOrder());
        NetlinkRequest request = new NetlinkRequest(bytes);
        request.start(16, 0).int8(7);
        request.next(17, NetlinkRequest.NLM_F_ACK).nest(3, inside -> inside.attribute(1, "ab"));
        int length = request.finish(9);
        NetlinkMessages walk = new NetlinkMessages(bytes);
        walk.rewind(length);
        assertTrue(walk.next());
        assertEquals(List.of(16, 9, 1), List.of(walk.type(), walk.sequence(), walk.payloadLength()));
        assertTrue(walk.next());
        assertEquals(List.of(17, 9, 12), List.of(walk.type(), walk.sequence(), walk.payloadLength()));
        NetlinkAttributes outer = new NetlinkAttributes(bytes).of(walk, 0);
        assertTrue(outer.next());
        NetlinkAttributes inner = outer.nested();
        assertTrue(inner.next());
        assertEquals("ab", inner.string());
        assertFalse(inner.next());
        assertFalse(outer.next());
        assertFalse(walk.next());
    }

    @Test
    void mutationsAreSurvived() {
        Mutations.each(DATAGRAMS.toArray(byte[][]::new), bytes -> {
            // Exactly as large as the datagram, so that reading beyond it shows.
            ByteBuffer exact = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
            NetlinkMessages walk = new NetlinkMessages(exact);
            NetlinkAttributes inside = new NetlinkAttributes(exact);
            RouteDecoder reads = new RouteDecoder(inside);
            walk.rewind(bytes.length);
            int count = 0;
            while (walk.next()) {
                count++;
                reads.link(walk);
                reads.address(walk);
                reads.ipv4Settings(walk);
                reads.neighborMac(walk);
                walk.error();
                int from = walk.acknowledgementAttributesAt();
                inside.of(walk, Math.max(from, 0));
                while (inside.next()) {
                    inside.string();
                    inside.int32At(4, 0);
                    while (inside.nested().next()) {
                        count++;
                        break;
                    }
                }
            }
            assertTrue(count <= bytes.length, () -> "walked " + Arrays.toString(bytes));
        });
    }
}
