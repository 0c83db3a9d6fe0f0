package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Await;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("netns")
@Timeout(300)
class PacketSocketTest {
    private static final int ARP = 0x0806;
    private static final int ANY = 0x0003;
    private static final long PATIENCE_NANOS = Await.LIMIT.toNanos();

    // A gratuitous ARP request for 10.9.0.10 from the virtual MAC of VRID 51 (RFC 5227 3, RFC 9568 7.3).
    private static final byte[] ANNOUNCEMENT = HexFormat.of()
            .parseHex("ffffffffffff" + "00005e000133" + "0806" + "0001080006040001" + "00005e000133" + "0a09000a"
                    + "000000000000" + "0a09000a");

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

    private PacketSocket left(int etherType) throws Exception {
        return lab.left().call(() -> PacketSocket.open(leftIndex, etherType));
    }

    private PacketSocket right() throws Exception {
        return lab.right().call(() -> PacketSocket.open(rightIndex, ARP));
    }

    @Test
    void aFilterKeepsAwayWhatHasNoneOfItsValuesAndCanBeReplaced() throws Exception {
        try (PacketSocket left = left(0);
                PacketSocket right = right();
                Poller poller = new Poller()) {
            poller.register(right.fd());
            Set<Integer> many = new LinkedHashSet<>();
            for (int i = 0; i < 1_000; i++) {
                many.add(i);
            }
            right.filter(SocketFilter.word(28, Set.copyOf(many)));
            left.send(ByteBuffer.wrap(ANNOUNCEMENT));
            // More than a conditional jump reaches, with the value that counts at the end or anywhere.
            many.add(0x0a09000a);
            right.filter(SocketFilter.word(28, many));
            byte[] second = ANNOUNCEMENT.clone();
            second[6] = 2;
            left.send(ByteBuffer.wrap(second));
            assertEquals(1, poller.await(PATIENCE_NANOS));
            assertEquals(ByteBuffer.wrap(second), right.receive());
            assertNull(right.receive());
            right.filter(SocketFilter.word(28, Set.of()));
            left.send(ByteBuffer.wrap(ANNOUNCEMENT));
            right.filter(SocketFilter.word(40, Set.of(0x0a09000a)));
            left.send(ByteBuffer.wrap(ANNOUNCEMENT));
            assertNull(right.receive(), "too short for that offset");
        }
    }

    @Test
    void gratuitousArpPassesTheCableUnchanged() throws Exception {
        try (PacketSocket left = left(0);
                PacketSocket right = right();
                Poller poller = new Poller()) {
            left.send(ByteBuffer.wrap(ANNOUNCEMENT));
            poller.register(right.fd());
            assertEquals(1, poller.await(PATIENCE_NANOS));
            ByteBuffer frame = right.receive();
            assertEquals(ByteBuffer.wrap(ANNOUNCEMENT), frame);
            assertNull(right.receive());
        }
    }

    @Test
    void neighbourLearnsFromIt() throws Exception {
        lab.right().run("ip", "neigh", "add", "10.9.0.10", "lladdr", "02:00:00:00:00:01", "nud", "stale", "dev", "v0");
        try (PacketSocket left = left(0);
                PacketSocket right = right();
                Poller poller = new Poller()) {
            poller.register(right.fd());
            left.send(ByteBuffer.wrap(ANNOUNCEMENT));
            assertEquals(1, poller.await(PATIENCE_NANOS));
        }
        String neighbours = lab.right().run("ip", "neigh", "show", "dev", "v0");
        assertTrue(neighbours.contains("10.9.0.10 lladdr 00:00:5e:00:01:33"), neighbours);
    }

    @Test
    void whatThisHostSendsIsLeftOut() throws Exception {
        // Only sockets for every type are given what other sockets of the same host send.
        try (PacketSocket sender = left(0);
                PacketSocket listener = left(ANY);
                PacketSocket right = right();
                Poller poller = new Poller()) {
            sender.send(ByteBuffer.wrap(ANNOUNCEMENT));
            poller.register(right.fd());
            assertEquals(1, poller.await(PATIENCE_NANOS));
            ByteBuffer heard = listener.receive();
            while (heard != null) {
                assertNotEquals(ByteBuffer.wrap(ANNOUNCEMENT), heard);
                heard = listener.receive();
            }
        }
    }

    @Test
    void downInterfaceIsAnErrorAndUpItWorksAgain() throws Exception {
        try (PacketSocket left = left(ARP)) {
            lab.left().run("ip", "link", "set", "v0", "down");
            assertEquals(
                    "ENETDOWN",
                    assertThrows(ErrnoException.class, left::receive).symbol());
            ErrnoException e = assertThrows(ErrnoException.class, () -> left.send(ByteBuffer.wrap(ANNOUNCEMENT)));
            assertEquals("ENETDOWN", e.symbol());
            lab.left().run("ip", "link", "set", "v0", "up");
            left.send(ByteBuffer.wrap(ANNOUNCEMENT));
        }
    }

    @Test
    void deletedInterfaceIsAnErrorThatSaysSo() throws Exception {
        try (PacketSocket left = left(0)) {
            lab.left().run("ip", "link", "delete", "v0");
            // The socket keeps the failure of the interface for the first call, whichever it is.
            ErrnoException first = sendFails(left);
            ErrnoException second = sendFails(left);
            assertTrue(Set.of("ENETDOWN", "ENXIO", "ENODEV").contains(first.symbol()), first.getMessage());
            assertTrue(second.getMessage().endsWith("the interface is gone"), second.getMessage());
        }
    }

    private static ErrnoException sendFails(PacketSocket socket) {
        return assertThrows(ErrnoException.class, () -> socket.send(ByteBuffer.wrap(ANNOUNCEMENT)));
    }

    @Test
    void interfaceThatIsNotThereIsNamed() {
        ErrnoException e = assertThrows(ErrnoException.class, () -> PacketSocket.open(1_999_999, ARP));
        assertEquals("ENODEV", e.symbol());
        assertTrue(e.getMessage().contains("interface 1999999, ethertype 0x806"), e.getMessage());
    }

    @Test
    void frameWithoutAHeaderIsOurOwnMistake() throws Exception {
        try (PacketSocket left = left(0)) {
            assertThrows(IllegalArgumentException.class, () -> left.send(ByteBuffer.allocate(13)));
            assertThrows(IllegalArgumentException.class, () -> PacketSocket.open(leftIndex, 0x10000));
        }
    }
}
