package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("netns")
@Timeout(60)
class FrameTapTest {
    private static final int VRRP = 112;
    private static final long PATIENCE_NANOS = 10_000_000_000L;
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
