package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two hosts that speak protocol 112 to each other. */
@Tag("netns")
@Timeout(300)
class RawSocketTest {
    private static final int VRRP = 112;
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final long PATIENCE_NANOS = Await.LIMIT.toNanos();

    private final Poller poller = new Poller();
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
        poller.close();
        if (lab != null) {
            lab.close();
        }
    }

    private RawSocket left(Family family) throws Exception {
        return lab.left().call(() -> RawSocket.open(family, VRRP, leftIndex));
    }

    private RawSocket right(Family family) throws Exception {
        return lab.right().call(() -> RawSocket.open(family, VRRP, rightIndex));
    }

    private static InetAddress address(Family family, int host) throws Exception {
        return InetAddress.getByName((family == Family.IPV4 ? "10.9.0." : "fd09::") + host);
    }

    private static InetAddress group(Family family) throws Exception {
        return InetAddress.getByName(family == Family.IPV4 ? "224.0.0.18" : "ff02::12");
    }

    private static ByteBuffer payload(int... bytes) {
        ByteBuffer payload = ByteBuffer.allocate(bytes.length);
        for (int b : bytes) {
            payload.put((byte) b);
        }
        return payload.flip();
    }

    private Datagram next(RawSocket socket) {
        poller.register(socket.fd());
        Datagram datagram = null;
        long start = System.nanoTime();
        while (datagram == null && System.nanoTime() - start < PATIENCE_NANOS) {
            poller.await(PATIENCE_NANOS);
            datagram = socket.receive();
        }
        poller.unregister(socket.fd());
        return Objects.requireNonNull(datagram, "nothing arrived");
    }

    private static void assertPayload(Datagram datagram, int... bytes) {
        byte[] got = new byte[datagram.payload().remaining()];
        datagram.payload().get(got);
        assertArrayEquals(payload(bytes).array(), got);
    }

    @ParameterizedTest
    @EnumSource
    void multicastArrivesWithHopLimitAddressesAndInterface(Family family) throws Exception {
        try (RawSocket left = left(family);
                RawSocket right = right(family)) {
            right.join(group(family));
            left.send(address(family, 1), group(family), payload(1, 2, 3));
            Datagram datagram = next(right);
            assertPayload(datagram, 1, 2, 3);
            assertEquals(address(family, 1), datagram.source());
            assertEquals(group(family), datagram.destination());
            assertEquals(255, datagram.ttl());
            assertEquals(rightIndex, datagram.interfaceIndex());
            assertNull(right.receive());
        }
    }

    @ParameterizedTest
    @EnumSource
    void unicastArrivesWithHopLimitAddressesAndInterface(Family family) throws Exception {
        try (RawSocket left = left(family);
                RawSocket right = right(family)) {
            left.send(address(family, 1), address(family, 2), payload(4, 5));
            Datagram datagram = next(right);
            assertPayload(datagram, 4, 5);
            assertEquals(address(family, 1), datagram.source());
            assertEquals(address(family, 2), datagram.destination());
            assertEquals(255, datagram.ttl());
            assertEquals(rightIndex, datagram.interfaceIndex());
        }
    }

    @Test
    void linkLocalSourceCarriesTheInterfaceItCameInBy() throws Exception {
        lab.left().run("ip", "addr", "add", "fe80::1", "dev", "v0", "nodad");
        try (RawSocket left = left(Family.IPV6);
                RawSocket right = right(Family.IPV6)) {
            right.join(group(Family.IPV6));
            left.send(InetAddress.getByName("fe80::1"), group(Family.IPV6), payload(1));
            assertEquals(
                    "fe80:0:0:0:0:0:0:1%" + rightIndex, next(right).source().getHostAddress());
        }
    }

    @ParameterizedTest
    @EnumSource
    void onlyGroupsJoinedOnThisSocketAreReceived(Family family) throws Exception {
        try (RawSocket left = left(family);
                RawSocket joined = right(family);
                RawSocket other = right(family)) {
            joined.join(group(family));
            left.send(address(family, 1), group(family), payload(1));
            left.send(address(family, 1), address(family, 2), payload(2));
            assertPayload(next(joined), 1);
            assertPayload(next(other), 2);
            joined.leave(group(family));
            assertPayload(next(joined), 2);
            left.send(address(family, 1), group(family), payload(3));
            left.send(address(family, 1), address(family, 2), payload(4));
            assertPayload(next(joined), 4);
        }
    }

    @Test
    void joiningTwiceAndLeavingWhatWasNotJoinedAreErrors() throws Exception {
        try (RawSocket right = right(Family.IPV4)) {
            InetAddress group = group(Family.IPV4);
            right.join(group);
            assertEquals(
                    "EADDRINUSE",
                    assertThrows(ErrnoException.class, () -> right.join(group)).symbol());
            right.leave(group);
            ErrnoException e = assertThrows(ErrnoException.class, () -> right.leave(group));
            assertEquals("EADDRNOTAVAIL", e.symbol());
            assertTrue(e.getMessage().contains("DROP_MEMBERSHIP 224.0.0.18"), e.getMessage());
        }
    }

    @Test
    void whatComesInByAnotherInterfaceIsNotReceived() throws Exception {
        Veth.create(lab.left(), "v1", lab.right(), "v1");
        lab.left().run("ip", "addr", "add", "10.10.0.1/24", "dev", "v1");
        lab.right().run("ip", "addr", "add", "10.10.0.2/24", "dev", "v1");
        int otherIndex = Laboratory.indexOf(lab.left(), "v1");
        try (RawSocket wrong = lab.left().call(() -> RawSocket.open(Family.IPV4, VRRP, otherIndex));
                RawSocket left = left(Family.IPV4);
                RawSocket right = right(Family.IPV4)) {
            wrong.send(InetAddress.getByName("10.10.0.1"), InetAddress.getByName("10.10.0.2"), payload(1));
            left.send(address(Family.IPV4, 1), address(Family.IPV4, 2), payload(2));
            assertPayload(next(right), 2);
            assertNull(right.receive());
        }
    }

    @Test
    void ownMulticastIsNotHeard() throws Exception {
        try (RawSocket left = left(Family.IPV4);
                RawSocket right = right(Family.IPV4)) {
            left.join(group(Family.IPV4));
            right.join(group(Family.IPV4));
            left.send(address(Family.IPV4, 1), group(Family.IPV4), payload(1));
            next(right);
            assertNull(left.receive());
        }
    }

    @Test
    void wireShowsClassSelectorAndTtl() throws Exception {
        try (RawSocket left = left(Family.IPV4);
                PacketSocket wire = lab.right().call(() -> PacketSocket.open(rightIndex, ETHERTYPE_IPV4))) {
            left.send(address(Family.IPV4, 1), group(Family.IPV4), payload(1));
            poller.register(wire.fd());
            ByteBuffer frame = null;
            while (frame == null) {
                assertTrue(poller.await(PATIENCE_NANOS) > 0);
                frame = wire.receive();
            }
            assertEquals(0x01005e000012L, frame.getLong(0) >>> 16);
            assertEquals((byte) 0xc0, frame.get(14 + 1));
            assertEquals((byte) 255, frame.get(14 + 8));
        }
    }

    @Test
    void kernelFillsInAndChecksTheIpv6Checksum() throws Exception {
        try (RawSocket without = left(Family.IPV6);
                RawSocket with = left(Family.IPV6);
                RawSocket right = right(Family.IPV6)) {
            with.enableIpv6Checksum(6);
            right.enableIpv6Checksum(6);
            without.send(address(Family.IPV6, 1), address(Family.IPV6, 2), payload(1, 0, 0, 0, 0, 0, 0, 0));
            with.send(address(Family.IPV6, 1), address(Family.IPV6, 2), payload(2, 0, 0, 0, 0, 0, 0, 0));
            Datagram datagram = next(right);
            assertEquals(2, datagram.payload().get(0));
            assertTrue(datagram.payload().getShort(6) != 0);
        }
    }

    @Test
    void payloadIsSentFromPositionAndLeftAsItWas() throws Exception {
        try (RawSocket left = left(Family.IPV4);
                RawSocket right = right(Family.IPV4)) {
            ByteBuffer some = payload(9, 1, 2, 9).position(1).limit(3);
            left.send(address(Family.IPV4, 1), address(Family.IPV4, 2), some);
            assertEquals(1, some.position());
            assertPayload(next(right), 1, 2);
        }
    }

    @Test
    void largestDatagramPassesWhole() throws Exception {
        try (RawSocket left = left(Family.IPV4);
                RawSocket right = right(Family.IPV4)) {
            left.send(address(Family.IPV4, 1), address(Family.IPV4, 2), ByteBuffer.allocate(8192));
            assertEquals(8192, next(right).payload().remaining());
        }
    }

    @Test
    void sourceOfAnotherHostIsRefused() throws Exception {
        try (RawSocket left = left(Family.IPV4)) {
            ErrnoException e = assertThrows(
                    ErrnoException.class, () -> left.send(address(Family.IPV4, 77), group(Family.IPV4), payload(1)));
            // Which of them depends on the version of the kernel.
            assertTrue(Set.of("EINVAL", "ENETUNREACH").contains(e.symbol()), e.getMessage());
            assertTrue(e.getMessage().contains("10.9.0.77 -> 224.0.0.18"), e.getMessage());
            assertTrue(e.getMessage().contains("the source must be an address of this host"), e.getMessage());
        }
    }

    @Test
    void addressOfTheOtherFamilyIsRefused() throws Exception {
        try (RawSocket left = left(Family.IPV4)) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> left.send(address(Family.IPV6, 1), group(Family.IPV6), payload(1)));
            assertThrows(IllegalArgumentException.class, () -> left.enableIpv6Checksum(6));
        }
    }

    @Test
    void downInterfaceIsAnErrorAndUpItWorksAgain() throws Exception {
        try (RawSocket left = left(Family.IPV4);
                RawSocket right = right(Family.IPV4)) {
            right.join(group(Family.IPV4));
            lab.left().run("ip", "link", "set", "v0", "down");
            ErrnoException e = sendFails(left);
            assertTrue(Set.of("ENETDOWN", "ENETUNREACH", "ENODEV", "EINVAL").contains(e.symbol()), e.getMessage());
            assertNull(receiveOrFail(left));
            lab.left().run("ip", "link", "set", "v0", "up");
            left.send(address(Family.IPV4, 1), group(Family.IPV4), payload(7));
            assertPayload(next(right), 7);
        }
    }

    @Test
    void deletedInterfaceIsAnErrorThatSaysSo() throws Exception {
        try (RawSocket left = left(Family.IPV4)) {
            lab.left().run("ip", "addr", "add", "10.9.0.1/32", "dev", "lo");
            left.join(group(Family.IPV4));
            lab.left().run("ip", "link", "delete", "v0");
            ErrnoException e = sendFails(left);
            assertTrue(Set.of("ENODEV", "ENXIO").contains(e.symbol()), e.getMessage());
            assertTrue(e.getMessage().endsWith("the interface is gone"), e.getMessage());
            assertNull(receiveOrFail(left));
        }
    }

    @Test
    void renamedInterfaceIsStillTheSame() throws Exception {
        try (RawSocket left = left(Family.IPV4);
                RawSocket right = right(Family.IPV4)) {
            lab.left().run("ip", "link", "set", "v0", "down");
            lab.left().run("ip", "link", "set", "v0", "name", "w0");
            lab.left().run("ip", "link", "set", "w0", "up");
            left.send(address(Family.IPV4, 1), address(Family.IPV4, 2), payload(8));
            assertPayload(next(right), 8);
        }
    }

    @Test
    void interfaceThatIsNotThereIsNamed() {
        ErrnoException e = assertThrows(ErrnoException.class, () -> RawSocket.open(Family.IPV4, VRRP, 1_999_999));
        assertEquals(
                "if_indextoname(1999999) failed: ENXIO (6) No such device or address; the interface is gone",
                e.getMessage());
    }

    @Test
    void closedSocketIsNotUsed() throws Exception {
        RawSocket left = left(Family.IPV4);
        left.close();
        left.close();
        assertThrows(IllegalStateException.class, left::receive);
        assertThrows(IllegalStateException.class, left::fd);
    }

    private static ErrnoException sendFails(RawSocket socket) {
        return assertThrows(
                ErrnoException.class, () -> socket.send(address(Family.IPV4, 1), group(Family.IPV4), payload(1)));
    }

    private static @Nullable Datagram receiveOrFail(RawSocket socket) {
        try {
            return socket.receive();
        } catch (ErrnoException e) {
            return null;
        }
    }
}
