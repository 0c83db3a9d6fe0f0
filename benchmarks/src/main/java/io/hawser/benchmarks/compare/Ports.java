package io.hawser.benchmarks.compare;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/**
 * Where everything listens, on 127.0.0.1. The first five are the proxy's, the last three the servers' behind it.
 *
 * @param http plain, to {@code serverHttp}
 * @param sink plain, to {@code serverSink}
 * @param ecdsa TLS with an ECDSA certificate, to {@code serverHttp}
 * @param rsa TLS with an RSA certificate, to {@code serverHttp}
 * @param reencrypt TLS, to {@code serverTls} over TLS
 * @param admin of hawser
 * @param serverHttp an HTTP server
 * @param serverTls the same over TLS
 * @param serverSink takes bytes and answers at their end
 */
record Ports(
        int http,
        int sink,
        int ecdsa,
        int rsa,
        int reencrypt,
        int admin,
        int serverHttp,
        int serverTls,
        int serverSink) {

    /** Takes ports that are free now. */
    static Ports free() {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < 9; i++) {
                held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            int[] port = held.stream().mapToInt(ServerSocket::getLocalPort).toArray();
            return new Ports(port[0], port[1], port[2], port[3], port[4], port[5], port[6], port[7], port[8]);
        } catch (IOException e) {
            throw new CompareException("no free ports on the loopback interface: " + e.getMessage(), e);
        } finally {
            held.forEach(Ports::giveBack);
        }
    }

    private static void giveBack(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new CompareException("a port cannot be given back: " + e.getMessage(), e);
        }
    }

    /** The same with the servers in the proxy's place: no proxy at all. */
    Ports direct() {
        return new Ports(
                serverHttp, serverSink, serverTls, serverTls, serverTls, admin, serverHttp, serverTls, serverSink);
    }
}
