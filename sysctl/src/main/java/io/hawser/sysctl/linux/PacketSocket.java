package io.hawser.sysctl.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A non-blocking packet socket (packet(7)) that sends and receives whole Ethernet frames of one type on one interface,
 * for gratuitous ARP and neighbour advertisements. Owner's thread.
 */
public final class PacketSocket implements AutoCloseable {
    /* SOCK_RAW, not SOCK_DGRAM: RFC 9568 7.3 wants frames from the virtual router's MAC, so that we write the
     * Ethernet header ourselves. */
    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int PACKET_OUTGOING = 4;

    /*  struct sockaddr_ll:  0 family   2 protocol (network order)   4 interface   8 hardware type   10 packet type
     *  11 address length   12 address  */
    private static final int SOCKADDR_LL_SIZE = 20;
    private static final int PACKET_TYPE = 10;

    private static final int ETHERNET_HEADER = 14;
    private static final int ETHER_TYPE_AT = 12;
    private static final int FRAME_SIZE = 65_536;
    /** An Ethernet frame of the usual jumbo size. */
    private static final int LONGEST_SENT = 9_216;

    private final int interfaceIndex;
    private final Descriptor descriptor;
    private final Libc.Message outgoing = new Libc.Message(SOCKADDR_LL_SIZE, LONGEST_SENT, 0);
    private final Libc.Message incoming;

    private PacketSocket(int interfaceIndex, int etherType, Descriptor descriptor) {
        this.interfaceIndex = interfaceIndex;
        this.descriptor = descriptor;
        this.incoming = new Libc.Message(SOCKADDR_LL_SIZE, etherType == 0 ? 1 : FRAME_SIZE, 0);
    }

    /**
     * Opens a socket in the network namespace of the calling thread.
     *
     * @param interfaceIndex the interface
     * @param etherType what it receives, such as 0x0806 for ARP; 0 receives nothing, for sending alone
     * @throws ErrnoException EPERM without CAP_NET_RAW, ENODEV when there is no such interface
     */
    public static PacketSocket open(int interfaceIndex, int etherType) {
        if (etherType < 0 || etherType > 0xFFFF) {
            throw new IllegalArgumentException("ethertype " + etherType + " is not within 0 to 65535");
        }
        // Protocol 0 receives nothing until bind has named the interface.
        int fd = Libc.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        Descriptor descriptor =
                Descriptor.of(fd, "socket(AF_PACKET, SOCK_RAW)", fd == -Errno.EPERM ? "needs CAP_NET_RAW" : "");
        try {
            NativeBuffer address = new NativeBuffer(SOCKADDR_LL_SIZE);
            writeAddress(address.bytes(), interfaceIndex, etherType);
            String call = "bind(fd=" + descriptor.fd() + ", interface " + interfaceIndex + ", ethertype 0x"
                    + Integer.toHexString(etherType) + ")";
            Libc.check(Libc.bind(descriptor.fd(), address, SOCKADDR_LL_SIZE), call, "");
            return new PacketSocket(interfaceIndex, etherType, descriptor);
        } catch (RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    private static void writeAddress(ByteBuffer address, int interfaceIndex, int etherType) {
        address.putShort(0, (short) AF_PACKET);
        address.put(2, (byte) (etherType >> 8)).put(3, (byte) etherType);
        address.putInt(4, interfaceIndex);
    }

    /**
     * Sends a complete Ethernet frame without its check sequence; the kernel pads short ones.
     *
     * @param frame destination, source, type and payload, from position to limit, 14 to 9216 bytes; left as it was
     * @throws ErrnoException ENETDOWN, ENODEV or ENXIO when the interface is down or gone, ENOBUFS or EAGAIN when its
     *     queue is full
     */
    public void send(ByteBuffer frame) {
        int length = frame.remaining();
        if (length < ETHERNET_HEADER) {
            throw new IllegalArgumentException("a frame of " + length + " bytes has no Ethernet header");
        }
        ByteBuffer data = outgoing.data();
        data.put(0, frame, frame.position(), length);
        int etherType = (data.get(ETHER_TYPE_AT) & 0xFF) << 8 | (data.get(ETHER_TYPE_AT + 1) & 0xFF);
        writeAddress(outgoing.name(), interfaceIndex, etherType);
        int n = Libc.sendmsg(descriptor.fd(), outgoing, SOCKADDR_LL_SIZE, length, 0);
        if (n < 0) {
            throw new ErrnoException(
                    "sendmsg(fd=" + descriptor.fd() + ", frame of " + length + " bytes, interface " + interfaceIndex
                            + ")",
                    -n,
                    n == -Errno.ENXIO || n == -Errno.ENODEV ? "the interface is gone" : "");
        }
    }

    /**
     * Takes the next frame from the queue, without waiting; frames that this host sent are left out.
     *
     * @return the frame with its Ethernet header, read-only, in network byte order, valid until the next call; null
     *     when the queue is empty
     * @throws ErrnoException ENETDOWN once, when the interface went down
     */
    public @Nullable ByteBuffer receive() {
        while (true) {
            int n = Libc.recvmsg(descriptor.fd(), incoming, 0);
            if (n == -Errno.EAGAIN) {
                return null;
            }
            if (n < 0) {
                throw new ErrnoException(
                        "recvmsg(fd=" + descriptor.fd() + ", interface " + interfaceIndex + ")", -n, "");
            }
            if ((incoming.name().get(PACKET_TYPE) & 0xFF) != PACKET_OUTGOING) {
                return incoming.data().slice(0, n).asReadOnlyBuffer().order(ByteOrder.BIG_ENDIAN);
            }
        }
    }

    /**
     * Receives only what passes a filter, from now on; what waits already stays.
     *
     * @throws ErrnoException ENOMEM when the kernel has no memory for it
     */
    public void filter(SocketFilter filter) {
        filter.attach(descriptor);
    }

    /** The descriptor, for a {@link Poller}; it stays owned by this object. */
    public int fd() {
        return descriptor.fd();
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
