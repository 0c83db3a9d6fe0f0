package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What runs for months keeps neither descriptors nor much garbage. */
@Tag("netns")
@Timeout(300)
class LeakTest {
    private static final int ROUNDS = 3300;
    // Closing one that was bound waits for the kernel's readers, some 10 ms.
    private static final int PACKET_SOCKET_ROUNDS = 100;

    @Test
    void openingAndClosingKeepsNoDescriptor() throws Exception {
        try (Laboratory lab = Laboratory.open().cabled()) {
            int index = Laboratory.indexOf(lab.left(), "v0");
            lab.left().call(() -> {
                openAndCloseAll(index);
                long before = Laboratory.openDescriptors();
                for (int i = 0; i < ROUNDS; i++) {
                    openAndCloseAll(index);
                }
                for (int i = 0; i < PACKET_SOCKET_ROUNDS; i++) {
                    PacketSocket.open(index, 0x0806).close();
                }
                assertEquals(before, Laboratory.openDescriptors());
                return null;
            });
        }
    }

    private static void openAndCloseAll(int index) {
        try (RawSocket raw = RawSocket.open(Family.IPV4, 112, index);
                RouteSocket route = RouteSocket.open();
                Poller poller = new Poller()) {
            poller.register(raw.fd());
            assertNull(raw.receive());
            assertTrue(raw.fd() != route.fd());
        }
    }

    @Test
    void failedOpeningKeepsNoDescriptor() {
        try (Laboratory lab = Laboratory.open()) {
            long before = Laboratory.openDescriptors();
            for (int i = 0; i < ROUNDS; i++) {
                assertThrows(ErrnoException.class, () -> RawSocket.open(Family.IPV4, 112, 1_999_999));
            }
            for (int i = 0; i < PACKET_SOCKET_ROUNDS; i++) {
                assertThrows(ErrnoException.class, () -> PacketSocket.open(1_999_999, 0x0806));
            }
            assertEquals(before, Laboratory.openDescriptors());
        }
    }

    @Test
    void steadyStateKeepsNoDescriptorAndLittleGarbage() throws Exception {
        try (Laboratory lab = Laboratory.open().cabled()) {
            int index = Laboratory.indexOf(lab.left(), "v0");
            InetAddress own = InetAddress.getByName("10.9.0.1");
            InetAddress group = InetAddress.getByName("224.0.0.18");
            InetAddress vip = InetAddress.getByName("10.9.0.10");
            ByteBuffer advert = ByteBuffer.allocate(20);
            RawSocket left = lab.left().call(() -> RawSocket.open(Family.IPV4, 112, index));
            int rightIndex = Laboratory.indexOf(lab.right(), "v0");
            RawSocket right = lab.right().call(() -> RawSocket.open(Family.IPV4, 112, rightIndex));
            RouteSocket route = lab.left().call(RouteSocket::open);
            try (left;
                    right;
                    route;
                    Poller poller = new Poller()) {
                right.join(group);
                poller.register(right.fd());
                Runnable wait = () -> poller.await(0);
                Runnable renew = () -> route.putAddress(index, vip, 32, 100);
                Runnable sendAndReceive = () -> {
                    left.send(own, group, advert);
                    poller.await(1_000_000_000L);
                    right.receive();
                };
                Runnable receiveNothing = right::receive;
                assertGarbage("waiting", 32, wait);
                assertGarbage("renewing an address", 160, renew);
                assertGarbage("sending and receiving", 480, sendAndReceive);
                assertGarbage("finding the queue empty", 32, receiveNothing);
            }
        }
    }

    /** At most so many bytes on the heap for each call, and the same descriptors before and after 10,000 of them. */
    private static void assertGarbage(String what, int most, Runnable call) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int warmUp = 1000;
        int count = 10_000;
        for (int i = 0; i < warmUp; i++) {
            call.run();
        }
        long descriptors = Laboratory.openDescriptors();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < count; i++) {
            call.run();
        }
        long each = (threads.getCurrentThreadAllocatedBytes() - before) / count;
        assertEquals(descriptors, Laboratory.openDescriptors());
        assertTrue(each <= most, () -> what + " allocates " + each + " bytes, more than " + most);
    }
}
