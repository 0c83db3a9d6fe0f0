package io.hawser.packaging;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** TCP ports of loopback that nobody listens on. */
final class Ports {
    private Ports() {}

    /** So many different ones, free a moment ago. */
    static int[] free(int count) throws IOException {
        ServerSocket[] held = new ServerSocket[count];
        int[] ports = new int[count];
        try {
            for (int i = 0; i < count; i++) {
                held[i] = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ports[i] = held[i].getLocalPort();
            }
        } finally {
            for (ServerSocket each : held) {
                if (each != null) {
                    each.close();
                }
            }
        }
        return ports;
    }
}
