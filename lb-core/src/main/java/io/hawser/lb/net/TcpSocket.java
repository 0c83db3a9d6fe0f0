package io.hawser.lb.net;

import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A non-blocking TCP socket of exactly one address family. Thread of its owner. */
public final class TcpSocket extends Socket {
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_INFO = 11;
    // struct tcp_info of linux/tcp.h, up to and with tcpi_notsent_bytes
    private static final int PROBES_AT = 3;
    private static final int UNACKED_AT = 24;
    private static final int ACKNOWLEDGED_AT = 120;
    private static final int NOT_SENT_AT = 144;
    private static final int TCP_INFO_LENGTH = 148;

    /** How the kernel stands with what it was given to send. */
    enum Delivery {
        /** All was acknowledged. */
        DONE,
        /** Something is on its way. */
        UNDERWAY,
        /** Nothing is in flight though something is left to send: the peer's window is closed, and the peer alive. */
        PEER_FULL,
        /** The same, but several probes of the window went unanswered. */
        PEER_SILENT
    }

    /** Adopts a descriptor, such as one that was accepted. */
    public TcpSocket(int fd) {
        super(fd);
    }

    /** Opens a socket for this address; a {@link io.netty.channel.ChannelException} says that there is none to be had. */
    public static TcpSocket openFor(InetSocketAddress address) {
        return new TcpSocket(newSocketStream0(isIpv6(address)));
    }

    /** Whether it takes a socket of IPv6. */
    public static boolean isIpv6(InetSocketAddress address) {
        return address.getAddress() instanceof Inet6Address;
    }

    /** Asks the kernel; one system call. */
    Delivery delivery() throws IOException {
        ByteBuffer info = info();
        if (info.getInt(UNACKED_AT) > 0) {
            return Delivery.UNDERWAY;
        }
        if (info.getInt(NOT_SENT_AT) == 0) {
            return Delivery.DONE;
        }
        return info.get(PROBES_AT) > 1 ? Delivery.PEER_SILENT : Delivery.PEER_FULL;
    }

    /** How many bytes the peer has acknowledged in all: it grows while the peer reads. One system call. */
    long acknowledged() throws IOException {
        return info().getLong(ACKNOWLEDGED_AT);
    }

    private ByteBuffer info() throws IOException {
        ByteBuffer info = ByteBuffer.allocate(TCP_INFO_LENGTH).order(ByteOrder.nativeOrder());
        getRawOpt(IPPROTO_TCP, TCP_INFO, info);
        return info;
    }
}
