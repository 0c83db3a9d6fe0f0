package io.hawser.sysctl.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hears the Ethernet frames of one IP protocol that pass an interface, in both directions, without taking them from
 * anybody (packet(7)); or a few of those that arrive. A filter in the kernel keeps everything else away, so that it costs a
 * busy host next to nothing. Owner's thread.
 */
public final class FrameTap implements AutoCloseable {
    /* Bound to every ethertype: only such sockets are shown what the host itself sends. */
    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int ETH_P_ALL = 3;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUF = 8;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final int PACKET_STATISTICS = 6;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final int PACKET_MR_MULTICAST = 0;
    private static final int PACKET_OTHERHOST = 3;
    private static final int PACKET_OUTGOING = 4;

    /*  struct sockaddr_ll:  0 family   2 protocol (network order)   4 interface   8 hardware type   10 packet type  */
    private static final int SOCKADDR_LL_SIZE = 20;
    private static final int PACKET_TYPE = 10;
    private static final int FRAME_SIZE = 65_536;
    /** An Ethernet frame of the usual jumbo size. */
    private static final int SAMPLE_SIZE = 9_216;
    /** Room for some dozens, so that those that wait are never old ones. */
    private static final int SAMPLES_BUFFER = 32_768;

    /* Classic BPF (struct sock_filter: code (2), jump if true (1), jump if false (1), k). */
    private static final int LOAD_WORD = 0x20;
    private static final int LOAD_HALF = 0x28;
    private static final int LOAD_BYTE = 0x30;
    private static final int AND = 0x54;
    private static final int JUMP = 0x05;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int JUMP_IF_NOT_LESS = 0x35;
    private static final int RETURN = 0x06;
    private static final int ETHER_TYPE_AT = 12;
    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86DD;
    private static final int ARP = 0x0806;
    private static final int IPV4_PROTOCOL_AT = 14 + 9;
    private static final int IPV6_NEXT_HEADER_AT = 14 + 6;
    private static final int ICMPV6_TYPE_AT = 14 + 40;
    private static final int ICMPV6 = 58;
    private static final int NEIGHBOR_SOLICITATION = 135;
    private static final int NEIGHBOR_ADVERTISEMENT = 136;
    /* What the kernel knows of a packet besides its bytes: SKF_AD_OFF and what is added to it (linux/filter.h). */
    private static final int ABOUT = -0x1000;
    private static final int TYPE_OF_PACKET = ABOUT + 4;
    private static final int HAS_VLAN = ABOUT + 48;
    private static final int RANDOM = ABOUT + 56;

    /**
     * A frame.
     *
     * @param bytes the frame with its Ethernet header, read-only, in network byte order, valid until the next call
     * @param isOutgoing whether this host sent it
     */
    public record Frame(ByteBuffer bytes, boolean isOutgoing) {}

    private final int interfaceIndex;
    private final Descriptor descriptor;
    private final int longest;
    private final Libc.Message incoming;

    private FrameTap(int interfaceIndex, Descriptor descriptor, int longest) {
        this.interfaceIndex = interfaceIndex;
        this.descriptor = descriptor;
        this.longest = longest;
        this.incoming = new Libc.Message(SOCKADDR_LL_SIZE, longest, 0);
    }

    /**
     * Opens a tap in the network namespace of the calling thread.
     *
     * @param interfaceIndex the interface, of Ethernet kind
     * @param protocol IP protocol and IPv6 next header, 0 to 255; behind extension headers it is not found
     * @param groups multicast MAC addresses, 6 bytes each, that the interface must receive meanwhile
     * @throws ErrnoException EPERM without CAP_NET_RAW, ENODEV or ENXIO when there is no such interface
     */
    public static FrameTap open(int interfaceIndex, int protocol, List<byte[]> groups) {
        requireProtocol(protocol);
        return open(interfaceIndex, FRAME_SIZE, descriptor -> {
            SocketFilter.of(everything(protocol)).attach(descriptor);
            groups.forEach(group -> join(descriptor, interfaceIndex, group));
        });
    }

    /**
     * Opens a tap that hears, at random, one in so many of the frames that arrive for this host or a group: of an IP
     * protocol, ARP, and neighbour solicitations and advertisements. Nothing that is sent is looked at, and the interface
     * receives no group that it would not receive without it.
     *
     * @param interfaceIndex the interface, of Ethernet kind
     * @param protocol IP protocol and IPv6 next header, 0 to 255
     * @param oneIn a power of two
     * @throws ErrnoException as {@link #open}; ENOPROTOOPT before Linux 4.20
     */
    public static FrameTap openSample(int interfaceIndex, int protocol, int oneIn) {
        requireProtocol(protocol);
        if (Integer.bitCount(oneIn) != 1) {
            throw new IllegalArgumentException(oneIn + " is not a power of two");
        }
        return open(interfaceIndex, SAMPLE_SIZE, descriptor -> {
            SocketFilter.of(arriving(protocol, oneIn)).attach(descriptor);
            // Otherwise the kernel would copy each packet that leaves before the filter says no.
            descriptor.option(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING");
            descriptor.option(SOL_SOCKET, SO_RCVBUF, SAMPLES_BUFFER, "SO_RCVBUF");
        });
    }

    private static void requireProtocol(int protocol) {
        if (protocol < 0 || protocol > 255) {
            throw new IllegalArgumentException("protocol " + protocol + " is not within 0 to 255");
        }
    }

    private static FrameTap open(int interfaceIndex, int longest, Consumer<Descriptor> prepare) {
        // Protocol 0 receives nothing until bind has named the interface, and by then the filter is there.
        int fd = Libc.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        Descriptor descriptor =
                Descriptor.of(fd, "socket(AF_PACKET, SOCK_RAW)", fd == -Errno.EPERM ? "needs CAP_NET_RAW" : "");
        try {
            prepare.accept(descriptor);
            NativeBuffer address = new NativeBuffer(SOCKADDR_LL_SIZE);
            address.bytes()
                    .putShort(0, (short) AF_PACKET)
                    .put(3, (byte) ETH_P_ALL)
                    .putInt(4, interfaceIndex);
            Libc.check(
                    Libc.bind(descriptor.fd(), address, SOCKADDR_LL_SIZE),
                    "bind(fd=" + descriptor.fd() + ", interface " + interfaceIndex + ")",
                    "");
            return new FrameTap(interfaceIndex, descriptor, longest);
        } catch (RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    private static int[][] everything(int protocol) {
        return new int[][] {
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
    }

    /* What clients and members send is told apart by its first two checks. Frames of a VLAN are those of its own
     * interface, and come by here too. */
    private static int[][] arriving(int protocol, int oneIn) {
        return new int[][] {
            {LOAD_HALF, 0, 0, ETHER_TYPE_AT},
            {JUMP_IF_EQUAL, 10, 0, ARP},
            {JUMP_IF_EQUAL, 0, 2, IPV4},
            {LOAD_BYTE, 0, 0, IPV4_PROTOCOL_AT},
            {JUMP_IF_EQUAL, 7, 14, protocol},
            {JUMP_IF_EQUAL, 0, 13, IPV6},
            {LOAD_BYTE, 0, 0, IPV6_NEXT_HEADER_AT},
            {JUMP_IF_EQUAL, 4, 0, protocol},
            {JUMP_IF_EQUAL, 0, 10, ICMPV6},
            {LOAD_BYTE, 0, 0, ICMPV6_TYPE_AT},
            {JUMP_IF_EQUAL, 1, 0, NEIGHBOR_SOLICITATION},
            {JUMP_IF_EQUAL, 0, 7, NEIGHBOR_ADVERTISEMENT},
            {LOAD_WORD, 0, 0, TYPE_OF_PACKET},
            {JUMP_IF_NOT_LESS, 5, 0, PACKET_OTHERHOST},
            {LOAD_WORD, 0, 0, HAS_VLAN},
            {JUMP_IF_EQUAL, 0, 3, 0},
            {LOAD_WORD, 0, 0, RANDOM},
            {AND, 0, 0, oneIn - 1},
            {JUMP_IF_EQUAL, 1, 0, 0},
            {RETURN, 0, 0, 0},
            {RETURN, 0, 0, SAMPLE_SIZE},
        };
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
        ByteBuffer bytes = incoming.data().slice(0, Math.min(n, longest)).asReadOnlyBuffer();
        boolean isOutgoing = (incoming.name().get(PACKET_TYPE) & 0xFF) == PACKET_OUTGOING;
        return new Frame(bytes.order(ByteOrder.BIG_ENDIAN), isOutgoing);
    }

    /** How many frames the filter passed that found no room in the queue, since this was last asked. */
    public long lost() {
        // struct tpacket_stats: 0 passed   4 dropped; both begin anew when they are read.
        NativeBuffer counts = new NativeBuffer(2 * Integer.BYTES);
        Libc.check(
                Libc.getsockopt(descriptor.fd(), SOL_PACKET, PACKET_STATISTICS, counts),
                "getsockopt(fd=" + descriptor.fd() + ", PACKET_STATISTICS)",
                "");
        return counts.bytes().getInt(Integer.BYTES) & 0xFFFF_FFFFL;
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
