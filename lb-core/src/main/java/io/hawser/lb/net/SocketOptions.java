package io.hawser.lb.net;

import io.netty.channel.unix.Socket;
import java.io.IOException;

/**
 * The socket options of a listener and of both sides of a connection.
 *
 * <p>A peer that has vanished is noticed within 30 s. Idle: the first probe goes out after 6 to 8 s, then one each second, and at 14 s
 * without an answer the connection ends (with TCP_USER_TIMEOUT set, it and not TCP_KEEPCNT decides: tcp(7)). Data
 * unacknowledged: 14 s after it was sent. Worst: data sent just before an idle connection would have been given up, 28 s.
 * An outage of the network shorter than 6 s ends no connection.
 *
 * <p>Connections that came in one moment, as after a takeover, are probed in one moment, which may be more packets than a queue on
 * the way takes: so the first probes are spread, and there are at least six.
 */
public final class SocketOptions {
    static final int USER_TIMEOUT_MILLIS = 14_000;

    private static final int LONGEST_KEEPALIVE_IDLE_SECONDS = 8;
    private static final int KEEPALIVE_IDLES = 3;
    private static final int KEEPALIVE_INTERVAL_SECONDS = 1;
    private static final int KEEPALIVE_COUNT = 8;

    private static final int SOL_SOCKET = 1;
    private static final int SO_REUSEADDR = 2;
    private static final int SO_KEEPALIVE = 9;
    private static final int SO_REUSEPORT = 15;
    private static final int IPPROTO_IP = 0;
    private static final int IP_FREEBIND = 15;
    private static final int IP_TRANSPARENT = 19;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_V6ONLY = 26;
    private static final int IPV6_TRANSPARENT = 75;
    private static final int IPV6_FREEBIND = 78;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_NODELAY = 1;
    private static final int TCP_KEEPIDLE = 4;
    private static final int TCP_KEEPINTVL = 5;
    private static final int TCP_KEEPCNT = 6;
    private static final int TCP_USER_TIMEOUT = 18;

    private SocketOptions() {}

    /**
     * What must be set before bind(2).
     *
     * @param ipv6 whether it is a socket of IPv6
     * @param shared whether other sockets of this user may have the same port
     */
    public static void beforeBind(Socket socket, boolean ipv6, boolean shared) throws IOException {
        socket.setIntOpt(SOL_SOCKET, SO_REUSEADDR, 1);
        if (shared) {
            socket.setIntOpt(SOL_SOCKET, SO_REUSEPORT, 1);
        }
        if (ipv6) {
            socket.setIntOpt(IPPROTO_IPV6, IPV6_V6ONLY, 1);
            socket.setIntOpt(IPPROTO_IPV6, IPV6_FREEBIND, 1);
        } else {
            socket.setIntOpt(IPPROTO_IP, IP_FREEBIND, 1);
        }
        mayOutliveItsAddress(socket, ipv6);
    }

    /**
     * Lets packets leave from an address that this host has just given up, so that clients are told that their connections
     * have ended; accepted sockets inherit it. The kernel has no way out for them else. Who may not change addresses may
     * not do this either, and does not need to.
     */
    private static void mayOutliveItsAddress(Socket socket, boolean ipv6) {
        try {
            if (ipv6) {
                socket.setIntOpt(IPPROTO_IPV6, IPV6_TRANSPARENT, 1);
            } else {
                socket.setIntOpt(IPPROTO_IP, IP_TRANSPARENT, 1);
            }
        } catch (IOException _) {
            // CAP_NET_ADMIN and CAP_NET_RAW are missing: no address is held either.
        }
    }

    /** What Linux hands on from the listening socket to the accepted ones, so that it costs nothing there. */
    public static void inherited(Socket listening) throws IOException {
        immediate(listening);
        longLived(listening);
    }

    /** What a connection needs from its first byte. */
    public static void immediate(Socket socket) throws IOException {
        socket.setIntOpt(IPPROTO_TCP, TCP_NODELAY, 1);
    }

    /** What a connection needs once it has lived for a second; five system calls that short ones are spared. */
    static void longLived(Socket socket) throws IOException {
        int sooner = socket.intValue() % KEEPALIVE_IDLES;
        socket.setIntOpt(IPPROTO_TCP, TCP_KEEPIDLE, LONGEST_KEEPALIVE_IDLE_SECONDS - sooner);
        socket.setIntOpt(IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_SECONDS);
        socket.setIntOpt(IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT);
        socket.setIntOpt(SOL_SOCKET, SO_KEEPALIVE, 1);
        userTimeout(socket, USER_TIMEOUT_MILLIS);
    }

    /** Sets how long sent data may stay unacknowledged; 0 for as long as the kernel likes. */
    static void userTimeout(Socket socket, int millis) throws IOException {
        socket.setIntOpt(IPPROTO_TCP, TCP_USER_TIMEOUT, millis);
    }
}
