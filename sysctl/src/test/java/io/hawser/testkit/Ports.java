package io.hawser.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports of TCP on loopback that a node is told to listen on later. They are below those that the kernel gives to clients
 * (ip_local_port_range): one of theirs could be any connection's source by then. Each is this process's until it ends, among all that ask here:
 * the port of UDP with the same number, which nobody uses, is kept for that. Any thread.
 */
public final class Ports {
    private static final int LOWEST = 10_000;
    private static final int FIRST_OF_CLIENTS = 32_000;
    private static final Queue<DatagramSocket> KEPT = new ConcurrentLinkedQueue<>();

    private Ports() {}

    /** One more, on which nobody listens. */
    public static int free() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST, FIRST_OF_CLIENTS);
            InetAddress loopback = InetAddress.getLoopbackAddress();
            try {
                DatagramSocket kept = new DatagramSocket(new InetSocketAddress(loopback, port));
                KEPT.add(kept);
                // Somebody else's, who does not ask here; it stays kept, and is not looked at again.
                try (var probe = new ServerSocket(port, 1, loopback)) {
                    return probe.getLocalPort();
                }
            } catch (BindException e) {
                // There are others.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
