package io.hawser.sysctl.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hears the Ethernet frames of one IP protocol that pass an interface, in both directions, without taking them from
 * anybody (packet(7)). A filter in the kernel keeps everything else away, so that it costs a busy host next to nothing.
 * Owner's thread.
 */
public final class FrameTap implements AutoCloseable {
    /* Bound to every ethertype: only such sockets are shown what the host itself sends. */
    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int ETH_P_ALL = 3;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final int PACKET_MR_MULTICAST = 0;
    private static final int PACKET_OUTGOING = 4;

    /*  struct sockaddr_ll:  0 family   2 protocol (network order)   4 interface   8 hardware type   10 packet type  */
    private static final int SOCKADDR_LL_SIZE = 20;
    private static final int PACKET_TYPE = 10;
    private static final int FRAME_SIZE = 65_536;

    /* Classic BPF (struct sock_filter: code (2), jump if true (1), jump if false (1), k). */
    private static final int LOAD_HALF = 0x28;
    private static final int LOAD_BYTE = 0x30;
    private static final int JUMP = 0x05;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int RETURN = 0x06;
    private static final int ETHER_TYPE_AT = 12;
    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86DD;
    private static final int IPV4_PROTOCOL_AT = 14 + 9;
    private static final int IPV6_NEXT_HEADER_AT = 14 + 6;

    /**
     * A frame.
     *
     * @param bytes the frame with its Ethernet header, read-only, in network byte order, valid until the next call
     * @param isOutgoing whether this host sent it
     */
    public record Frame(ByteBuffer bytes, boolean isOutgoing) {}

    private final int interfaceIndex;
    private final Descriptor descriptor;
    private final Libc.Message incoming = new Libc.Message(SOCKADDR_LL_SIZE, FRAME_SIZE, 0);

    private FrameTap(int interfaceIndex, Descriptor descriptor) {
        this.interfaceIndex = interfaceIndex;
        this.descriptor = descriptor;
    }

    /**
     * Opens a tap in the network namespace of the calling thread.
     *
     * @param interfaceIndex the interface, of Ethernet kind
     * @param protocol IP protocol and IPv6 next header, 0 to 255; behind extension headers it is not found
     * @param groups multicast MAC addresses, 6 bytes each, that the interface shall receive meanwhile
     * @throws ErrnoException EPERM without CAP_NET_RAW, ENODEV or ENXIO when there is no such interface
     */
    public static FrameTap open(int interfaceIndex, int protocol, List<byte[]> groups) {
        if (protocol < 0 || protocol > 255) {
            throw new IllegalArgumentException("protocol " + protocol + " is not within 0 to 255");
        }
        // Protocol 0 receives nothing until bind has named the interface, and by then the filter is there.
        int fd = Libc.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        Descriptor descriptor =
                Descriptor.of(fd, "socket(AF_PACKET, SOCK_RAW)", fd == -Errno.EPERM ? "needs CAP_NET_RAW" : "");
        try {
            attachFilter(descriptor, protocol);
            groups.forEach(group -> join(descriptor, interfaceIndex, group));
            NativeBuffer address = new NativeBuffer(SOCKADDR_LL_SIZE);
            address.bytes()
                    .putShort(0, (short) AF_PACKET)
                    .put(3, (byte) ETH_P_ALL)
                    .putInt(4, interfaceIndex);
            Libc.check(
                    Libc.bind(descriptor.fd(), address, SOCKADDR_LL_SIZE),
                    "bind(fd=" + descriptor.fd() + ", interface " + interfaceIndex + ")",
                    "");
            return new FrameTap(interfaceIndex, descriptor);
        } catch (RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    private static void attachFilter(Descriptor descriptor, int protocol) {
        int[][] program = {
            {LOAD_HALF, 0, 0, ETHER_TYPE_AT},
            {JUMP_IF_EQUAL, 0, 2, IPV4},
            {LOAD_BYTE, 0, 0, IPV4_PROTOCOL_AT},
            {JUMP, 0, 0, 2},
            {JUMP_IF_EQUAL, 0, 2, IPV6},
            {LOAD_BYTE, 0, 0, IPV6_NEXT_HEADER_AT},
            {JUMP_IF_EQUAL, 1, 0, protocol},
            {RETURN, 0, 0, 0},
            {RETURN, 0, 0, FRAME_SIZE},
        };
        SocketFilter.of(program).attach(descriptor);
    }

    // struct packet_mreq: interface (4), type (2), address length (2), address (8).
    private static void join(Descriptor descriptor, int interfaceIndex, byte[] group) {
        NativeBuffer request = new NativeBuffer(16);
        request.bytes()
                .putInt(0, interfaceIndex)
                .putShort(4, (short) PACKET_MR_MULTICAST)
                .putShort(6, (short) group.length)
                .put(8, group);
        descriptor.option(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, "PACKET_ADD_MEMBERSHIP");
    }

    /**
     * Takes the next frame from the queue, without waiting.
     *
     * @return the frame, or null when the queue is empty
     * @throws ErrnoException ENETDOWN once, when the interface went down
     */
    public @Nullable Frame receive() {
        int n = Libc.recvmsg(descriptor.fd(), incoming, 0);
        if (n == -Errno.EAGAIN) {
            return null;
        }
        if (n < 0) {
            throw new ErrnoException("recvmsg(fd=" + descriptor.fd() + ", interface " + interfaceIndex + ")", -n, "");
        }
        ByteBuffer bytes = incoming.data().slice(0, Math.min(n, FRAME_SIZE)).asReadOnlyBuffer();
        boolean isOutgoing = (incoming.name().get(PACKET_TYPE) & 0xFF) == PACKET_OUTGOING;
        return new Frame(bytes.order(ByteOrder.BIG_ENDIAN), isOutgoing);
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
