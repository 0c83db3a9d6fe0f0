package io.hawser.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PortsTest {
    @Test
    void eachIsGivenOnceAndCanBeListenedOn() throws Exception {
        Set<Integer> given = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            int port = Ports.free();
            given.add(port);
            try (var listening = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                assertEquals(port, listening.getLocalPort());
            }
        }
        assertEquals(200, given.size());
    }

    /** As another process would, which looks at the same numbers. */
    @Test
    void oneThatWasGivenIsSeenToBe() {
        int port = Ports.free();

        assertThrows(
                BindException.class,
                () -> new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
    }
}
