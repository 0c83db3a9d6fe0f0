package io.hawser.sysctl.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class ControlMessagesTest {
    private final ControlMessages control = new ControlMessages();

    private static ByteBuffer buffer() {
        return ByteBuffer.allocate(256).order(ByteOrder.nativeOrder());
    }

    // As recvmsg gives it with IP_PKTINFO and IP_RECVTTL: interface 7, TTL 255.
    private static ByteBuffer received() {
        ByteBuffer bytes = buffer();
        bytes.putLong(0, 28).putInt(8, 0).putInt(12, 8).putInt(16, 7);
        return bytes.putLong(32, 20).putInt(40, 0).putInt(44, 2).putInt(48, 255);
    }

    @Test
    void findsTtlAndInterface() {
        ByteBuffer bytes = received();
        control.read(bytes, 56);
        assertEquals(255, control.ttl());
        assertEquals(7, bytes.getInt(control.packetInformationAt()));
    }

    @Test
    void nothingIsKeptFromTheMessageBefore() {
        control.read(received(), 56);
        control.read(received(), 0);
        assertEquals(-1, control.ttl());
        assertEquals(-1, control.packetInformationAt());
    }

    @Test
    void messageThatClaimsToBeLongerThanItsBufferIsLeftOut() {
        control.read(received().putLong(32, 25), 56);
        assertEquals(-1, control.ttl());
        assertEquals(16, control.packetInformationAt());
    }

    @Test
    void messageTooShortForItsTypeIsLeftOut() {
        control.read(received().putLong(0, 20), 56);
        assertEquals(-1, control.packetInformationAt());
    }

    @Test
    void spaceIsThatOfC() {
        // CMSG_SPACE of an int, an in_pktinfo and an in6_pktinfo.
        assertEquals(24, ControlMessages.space(4));
        assertEquals(32, ControlMessages.space(12));
        assertEquals(40, ControlMessages.space(20));
    }

    @Test
    void mutationsAreSurvived() {
        byte[] seed = new byte[56];
        received().get(0, seed);
        Mutations.each(new byte[][] {seed}, bytes -> {
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
            control.read(buffer, bytes.length);
            assertTrue(control.packetInformationAt() + 12 <= bytes.length || control.packetInformationAt() == -1);
        });
    }
}
