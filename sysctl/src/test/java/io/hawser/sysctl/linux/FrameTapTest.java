package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("netns")
@Timeout(300)
class FrameTapTest {
    private static final int VRRP = 112;
    private static final long PATIENCE_NANOS = Await.LIMIT.toNanos();
    private static final byte[] GROUP = HexFormat.of().parseHex("01005e000012");

    private Laboratory lab;
    private int leftIndex;
    private int rightIndex;

    @BeforeEach
    void layCable() throws Exception {
        lab = Laboratory.open().cabled();
        leftIndex = Laboratory.indexOf(lab.left(), "v0");
        rightIndex = Laboratory.indexOf(lab.right(), "v0");
    }

    @AfterEach
    void removeHosts() {
        if (lab != null) {
            lab.close();
        }
    }

    private FrameTap tap(NetworkNamespace host, int index) throws Exception {
        return host.call(() -> FrameTap.open(index, VRRP, List.of(GROUP)));
    }

    /** An IPv4 or IPv6 frame to the group with nothing but headers. */
    private static ByteBuffer frame(int family, int protocol, int marker) {
        ByteBuffer frame = ByteBuffer.allocate(60);
        frame.put(GROUP).put(new byte[] {2, 0, 0, 0, 0, (byte) marker});
        if (family == 4) {
            frame.putShort((short) 0x0800).put((byte) 0x45).put(23, (byte) protocol);
        } else {
            frame.putShort((short) 0x86DD).put((byte) 0x60).put(20, (byte) protocol);
        }
        return frame.position(0);
    }

    private static int markerOf(FrameTap.Frame frame) {
        return frame.bytes().get(11);
    }

    @Test
    void hearsItsProtocolInBothDirectionsAndNothingElse() throws Exception {
        try (FrameTap left = tap(lab.left(), leftIndex);
                FrameTap right = tap(lab.right(), rightIndex);
                PacketSocket sender = lab.left().call(() -> PacketSocket.open(leftIndex, 0));
                Poller poller = new Poller()) {
            poller.register(right.fd());
            sender.send(frame(4, 6, 1));
            sender.send(frame(6, 58, 2));
            sender.send(frame(4, VRRP, 3));
            sender.send(frame(6, VRRP, 4));
            for (int marker = 3; marker <= 4; marker++) {
                FrameTap.Frame sent = left.receive();
                assertNotNull(sent);
                assertTrue(sent.isOutgoing());
                assertEquals(marker, markerOf(sent));
                FrameTap.Frame arrived = right.receive();
                if (arrived == null) {
                    assertEquals(1, poller.await(PATIENCE_NANOS));
                    arrived = right.receive();
                }
                assertNotNull(arrived);
                assertFalse(arrived.isOutgoing());
                assertEquals(marker, markerOf(arrived));
            }
            assertNull(left.receive());
            assertNull(right.receive());
        }
    }

    private static ByteBuffer arp(int marker) {
        return frame(4, 0, marker).putShort(12, (short) 0x0806);
    }

    private static ByteBuffer icmpv6(int type, int marker) {
        return frame(6, 58, marker).put(54, (byte) type);
    }

    private static ByteBuffer to(byte[] mac, ByteBuffer frame) {
        return frame.put(0, mac);
    }

    private byte[] macOfTheRight() {
        return HexFormat.ofDelimiter(":")
                .parseHex(lab.right().run("cat", "/sys/class/net/v0/address").strip());
    }

    @Test
    void samplesOfWhatArrivesAreOfTheProtocolsThatAnybodyCanFloodWith() throws Exception {
        byte[] stranger = {2, 0, 0, 0, 0, 77};
        try (FrameTap left = lab.left().call(() -> FrameTap.openSample(leftIndex, VRRP, 1));
                FrameTap right = lab.right().call(() -> FrameTap.openSample(rightIndex, VRRP, 1));
                PacketSocket sender = lab.left().call(() -> PacketSocket.open(leftIndex, 0));
                Poller poller = new Poller()) {
            poller.register(right.fd());
            // What is to be left out comes first: it is not there when what follows has arrived.
            List.of(
                            frame(4, 6, 1),
                            frame(4, 1, 2),
                            frame(6, 6, 3),
                            icmpv6(133, 4),
                            icmpv6(128, 5),
                            to(stranger, frame(4, VRRP, 6)),
                            to(stranger, arp(7)))
                    .forEach(sender::send);
            List.of(
                            frame(4, VRRP, 11),
                            to(macOfTheRight(), frame(4, VRRP, 12)),
                            frame(6, VRRP, 13),
                            arp(14),
                            icmpv6(135, 15),
                            icmpv6(136, 16))
                    .forEach(sender::send);
            List<Integer> heard = new ArrayList<>();
            while (!heard.contains(16)) {
                FrameTap.Frame frame = right.receive();
                if (frame == null) {
                    assertEquals(1, poller.await(PATIENCE_NANOS), heard::toString);
                } else if (frame.bytes().get(6) == 2 && frame.bytes().get(10) == 0) {
                    // The kernels of both hosts look for their neighbours themselves.
                    heard.add(markerOf(frame));
                }
            }
            assertEquals(List.of(11, 12, 13, 14, 15, 16), heard);
            FrameTap.Frame sent = left.receive();
            assertTrue(sent == null || !sent.isOutgoing());
        }
    }

    @Test
    void ofManyThatArriveAFewAreTakenAndWhatFindsNoRoomIsCounted() throws Exception {
        int many = 200_000;
        try (FrameTap some = lab.right().call(() -> FrameTap.openSample(rightIndex, VRRP, 1_024));
                FrameTap all = lab.right().call(() -> FrameTap.openSample(rightIndex, VRRP, 1));
                PacketSocket sender = lab.left().call(() -> PacketSocket.open(leftIndex, 0))) {
            long taken = 0;
            for (int i = 0; i < many; i++) {
                sender.send(arp(1));
                if (i % 1_000 == 0) {
                    taken += count(some);
                }
            }
            long end = System.nanoTime() + PATIENCE_NANOS;
            long arrived = 0;
            while (arrived < many && System.nanoTime() < end) {
                arrived += count(all) + all.lost();
                taken += count(some);
            }
            assertTrue(arrived >= many, () -> "not all have arrived");
            taken += count(some);
            // 195, give or take 14: this is ten times as far.
            assertTrue(taken > 55 && taken < 335, "taken " + taken);
        }
    }

    private static long count(FrameTap tap) {
        long count = 0;
        while (tap.receive() != null) {
            count++;
        }
        return count;
    }

    @Test
    void aSampleIsOfAPowerOfTwo() {
        assertThrows(IllegalArgumentException.class, () -> FrameTap.openSample(leftIndex, VRRP, 1_000));
    }

    @Test
    void makesTheInterfaceReceiveTheGroupOnlyWhileItIsOpen() throws Exception {
        try (FrameTap tap = tap(lab.right(), rightIndex)) {
            assertNull(tap.receive());
            assertTrue(groups().contains("01:00:5e:00:00:12"), this::groups);
        }
        assertFalse(groups().contains("01:00:5e:00:00:12"), this::groups);
    }

    private String groups() {
        return lab.right().run("ip", "maddr", "show", "dev", "v0");
    }

    @Test
    void interfaceThatIsNotThereIsAnError() {
        assertThrows(ErrnoException.class, () -> FrameTap.open(1_999_999, VRRP, List.of()));
    }
}
