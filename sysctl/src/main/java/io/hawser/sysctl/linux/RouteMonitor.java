package io.hawser.sysctl.linux;

import org.jspecify.annotations.Nullable;

/**
 * Hears of changes of interfaces and addresses of the network namespace it was opened in (rtnetlink(7)), whoever makes
 * them. Owner's thread.
 */
public final class RouteMonitor implements AutoCloseable {
    private static final int RTMGRP_LINK = 0x1;
    private static final int RTMGRP_IPV4_IFADDR = 0x10;
    private static final int RTMGRP_IPV6_IFADDR = 0x100;
    private static final int BUFFER = 1 << 20;

    private final NetlinkSocket netlink;
    private final RouteDecoder decoder;

    private RouteMonitor(NetlinkSocket netlink) {
        this.netlink = netlink;
        this.decoder = new RouteDecoder(netlink.attributes());
    }

    /** Opens a non-blocking socket that hears of changes of links and addresses. */
    public static RouteMonitor open() {
        return open(BUFFER);
    }

    static RouteMonitor open(int bufferSize) {
        int groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
        return new RouteMonitor(NetlinkSocket.forNotifications(NetlinkSocket.NETLINK_ROUTE, groups, bufferSize));
    }

    /**
     * Takes the next change from the queue, without waiting.
     *
     * @return the change, or null when the queue is empty
     * @throws ErrnoException when the socket failed
     */
    public @Nullable RouteEvent receive() {
        while (true) {
            while (netlink.messages().next()) {
                RouteEvent event = decoder.event(netlink.messages());
                if (event != null) {
                    return event;
                }
            }
            int n = netlink.receive();
            if (n == -Errno.EAGAIN) {
                return null;
            }
            if (n == -Errno.ENOBUFS) {
                discardQueued();
                return new RouteEvent.Lost();
            }
            Libc.check(n, "recvmsg(netlink monitor, fd=" + fd() + ")", "");
        }
    }

    // What still waits is older than the state that will be read after a loss, and would undo it.
    private void discardQueued() {
        int n = 0;
        for (int i = 0; i < BUFFER && n != -Errno.EAGAIN; i++) {
            n = netlink.receive();
        }
        netlink.messages().rewind(0);
    }

    /** The descriptor, for a {@link Poller}; it stays owned by this object. */
    public int fd() {
        return netlink.fd();
    }

    @Override
    public void close() {
        netlink.close();
    }
}
