package io.hawser.sysctl.linux;

import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A non-blocking raw IP socket of one protocol on one interface (raw(7), RFC 3542), as VRRP needs it: sends with TTL or
 * hop limit 255 and class selector 6, receives with TTL, destination and interface. Owner's thread.
 */
public final class RawSocket implements AutoCloseable {
    /* Bound with SO_BINDTODEVICE rather than by comparing the interface of each packet: what arrives elsewhere never
     * fills the queue, what is sent leaves there whatever the routes say, and unicast works as multicast does.
     * The kernel keeps the index, not the name: renaming is harmless, and when the interface is deleted and made again
     * the socket has to be opened anew (send fails with ENODEV or ENXIO). */
    private static final int SOCK_RAW = 3;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = 0x80000;

    private static final int SOL_SOCKET = 1;
    private static final int SO_PRIORITY = 12;
    private static final int SO_BINDTODEVICE = 25;
    private static final int SO_MEMINFO = 55;
    /* SK_MEMINFO_VARS and SK_MEMINFO_DROPS of linux/sock_diag.h; older kernels have fewer. */
    private static final int MEMORY_COUNTS = 9;
    private static final int MEMORY_DROPS = 8;
    private static final int IPPROTO_IP = 0;
    private static final int IP_TOS = 1;
    private static final int IP_TTL = 2;
    private static final int IP_PKTINFO = 8;
    private static final int IP_RECVTTL = 12;
    private static final int IP_MULTICAST_IF = 32;
    private static final int IP_MULTICAST_TTL = 33;
    private static final int IP_MULTICAST_LOOP = 34;
    private static final int IP_ADD_MEMBERSHIP = 35;
    private static final int IP_DROP_MEMBERSHIP = 36;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPPROTO_ICMPV6 = 58;
    private static final int ICMP6_FILTER = 1;
    private static final int IPV6_CHECKSUM = 7;
    private static final int IPV6_UNICAST_HOPS = 16;
    private static final int IPV6_MULTICAST_IF = 17;
    private static final int IPV6_MULTICAST_HOPS = 18;
    private static final int IPV6_MULTICAST_LOOP = 19;
    private static final int IPV6_ADD_MEMBERSHIP = 20;
    private static final int IPV6_DROP_MEMBERSHIP = 21;
    private static final int IPV6_RECVPKTINFO = 49;
    private static final int IPV6_PKTINFO = 50;
    private static final int IPV6_RECVHOPLIMIT = 51;
    private static final int IPV6_TCLASS = 67;

    /** RFC 9568 5.1.1.3 and 5.1.2.3: TTL and hop limit MUST be 255. */
    private static final int TTL = 255;
    /** Class selector 6, internetwork control (RFC 2474), as routing protocols use it. */
    private static final int TRAFFIC_CLASS = 0xc0;
    /** TC_PRIO_INTERACTIVE: the first band of pfifo_fast; the highest that needs no right. */
    private static final int PRIORITY = 6;

    private static final int SOCKADDR_IN6_SIZE = 28;
    private static final int SOCKADDR_IN_SIZE = 16;
    private static final int DATA_SIZE = 65_536;
    private static final int CONTROL_SIZE = 256;

    private final Family family;
    private final int interfaceIndex;
    private final Descriptor descriptor;
    private final Libc.Message outgoing = new Libc.Message(SOCKADDR_IN6_SIZE, 8192, 64);
    private final Libc.Message incoming = new Libc.Message(SOCKADDR_IN6_SIZE, DATA_SIZE, CONTROL_SIZE);
    private final ControlMessages control = new ControlMessages();
    private final AddressCache addresses = new AddressCache();
    // The kernel hands raw sockets the groups that any socket of the host has joined; IP_MULTICAST_ALL would keep them
    // away, but has no counterpart that works for IPv6.
    private final Set<InetAddress> groups = new HashSet<>();

    private RawSocket(Family family, int interfaceIndex, Descriptor descriptor) {
        this.family = family;
        this.interfaceIndex = interfaceIndex;
        this.descriptor = descriptor;
    }

    /**
     * Opens a socket in the network namespace of the calling thread. Multicast is received only from groups joined.
     *
     * @param protocol the IP protocol or next header, 1 to 254
     * @param interfaceIndex the interface it receives from and sends to
     * @throws ErrnoException EPERM without CAP_NET_RAW, ENODEV or ENXIO when there is no such interface
     */
    public static RawSocket open(Family family, int protocol, int interfaceIndex) {
        Objects.requireNonNull(family, "family");
        String call = "socket(" + (family == Family.IPV4 ? "AF_INET" : "AF_INET6") + ", SOCK_RAW, " + protocol + ")";
        int fd = Libc.socket(family.number(), SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
        String advice = fd == -Errno.EPERM ? "needs CAP_NET_RAW" : "";
        RawSocket socket = new RawSocket(family, interfaceIndex, Descriptor.of(fd, call, advice));
        try {
            socket.prepare();
            return socket;
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private void prepare() {
        byte[] name = Libc.interfaceName(interfaceIndex).getBytes(StandardCharsets.UTF_8);
        NativeBuffer device = new NativeBuffer(name.length);
        device.bytes().put(0, name);
        descriptor.option(SOL_SOCKET, SO_BINDTODEVICE, device, "SO_BINDTODEVICE");
        if (family == Family.IPV4) {
            prepareIpv4();
        } else {
            prepareIpv6();
        }
        // After the traffic class, which sets a priority of its own.
        descriptor.option(SOL_SOCKET, SO_PRIORITY, PRIORITY, "SO_PRIORITY");
        discardQueued();
    }

    private void prepareIpv4() {
        descriptor.option(IPPROTO_IP, IP_TTL, TTL, "IP_TTL");
        descriptor.option(IPPROTO_IP, IP_TOS, TRAFFIC_CLASS, "IP_TOS");
        descriptor.option(IPPROTO_IP, IP_MULTICAST_TTL, TTL, "IP_MULTICAST_TTL");
        descriptor.option(IPPROTO_IP, IP_MULTICAST_LOOP, 0, "IP_MULTICAST_LOOP");
        descriptor.option(IPPROTO_IP, IP_MULTICAST_IF, membership(new byte[4]), "IP_MULTICAST_IF");
        descriptor.option(IPPROTO_IP, IP_RECVTTL, 1, "IP_RECVTTL");
        descriptor.option(IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
    }

    private void prepareIpv6() {
        descriptor.option(IPPROTO_IPV6, IPV6_UNICAST_HOPS, TTL, "IPV6_UNICAST_HOPS");
        descriptor.option(IPPROTO_IPV6, IPV6_TCLASS, TRAFFIC_CLASS, "IPV6_TCLASS");
        descriptor.option(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, TTL, "IPV6_MULTICAST_HOPS");
        descriptor.option(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0, "IPV6_MULTICAST_LOOP");
        descriptor.option(IPPROTO_IPV6, IPV6_MULTICAST_IF, interfaceIndex, "IPV6_MULTICAST_IF");
        descriptor.option(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT");
        descriptor.option(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
    }

    // Between socket() and SO_BINDTODEVICE the socket heard every interface.
    private void discardQueued() {
        int n;
        do {
            n = Libc.recvmsg(descriptor.fd(), incoming, 0);
        } while (n >= 0);
    }

    /**
     * Lets the kernel fill in the checksum of IPv6 packets sent, over the pseudo-header (RFC 3542 3.1), and drop
     * received ones whose checksum is wrong before anybody can count them.
     *
     * @param offset where the checksum is in the payload, even
     */
    public void enableIpv6Checksum(int offset) {
        requireFamily(Family.IPV6, "IPV6_CHECKSUM");
        descriptor.option(IPPROTO_IPV6, IPV6_CHECKSUM, offset, "IPV6_CHECKSUM");
    }

    /**
     * Receives only ICMPv6 messages of one type (RFC 3542 3.2); what waits already stays.
     *
     * @param type such as 136, neighbour advertisement
     */
    public void receiveOnlyIcmpv6(int type) {
        requireFamily(Family.IPV6, "ICMP6_FILTER");
        // struct icmp6_filter: a bit for each type, set when it is kept away.
        NativeBuffer filter = new NativeBuffer(32);
        for (int i = 0; i < 8; i++) {
            filter.bytes().putInt(i * Integer.BYTES, i == type >> 5 ? ~(1 << (type & 31)) : -1);
        }
        descriptor.option(IPPROTO_ICMPV6, ICMP6_FILTER, filter, "ICMP6_FILTER");
    }

    /**
     * Receives also what is sent to a group, on this socket's interface.
     *
     * @throws ErrnoException EADDRINUSE when joined already, ENODEV when the interface is gone
     */
    public void join(InetAddress group) {
        membership(group, IP_ADD_MEMBERSHIP, IPV6_ADD_MEMBERSHIP, "ADD_MEMBERSHIP ");
        groups.add(group);
    }

    /**
     * Receives no longer what is sent to a group.
     *
     * @throws ErrnoException EADDRNOTAVAIL when it was not joined
     */
    public void leave(InetAddress group) {
        membership(group, IP_DROP_MEMBERSHIP, IPV6_DROP_MEMBERSHIP, "DROP_MEMBERSHIP ");
        groups.remove(group);
    }

    private void membership(InetAddress group, int ipv4Option, int ipv6Option, String name) {
        requireFamily(Family.of(group), group);
        NativeBuffer request = membership(group.getAddress());
        boolean four = family == Family.IPV4;
        descriptor.option(
                four ? IPPROTO_IP : IPPROTO_IPV6,
                four ? ipv4Option : ipv6Option,
                request,
                name + AddressText.of(group) + " on interface " + interfaceIndex);
    }

    // struct ip_mreqn: group, local address, index; struct ipv6_mreq: group, index.
    private NativeBuffer membership(byte[] group) {
        NativeBuffer request = new NativeBuffer(group.length == 4 ? 12 : 20);
        request.bytes().put(0, group);
        request.bytes().putInt(group.length == 4 ? 8 : 16, interfaceIndex);
        return request;
    }

    /**
     * Sends one datagram.
     *
     * @param source the sender's address, which must be one of this host
     * @param destination where to: a host reached by this interface, or a group
     * @param payload what follows the IP header, from position to limit, at most 8192 bytes; left as it was
     * @throws ErrnoException with the reason: ENETDOWN, ENODEV, ENXIO, ENETUNREACH, ENOBUFS, EPERM (a firewall
     *     dropped it), EINVAL (the source is not on this host), EAGAIN (the queue is full)
     */
    public void send(InetAddress source, InetAddress destination, ByteBuffer payload) {
        requireFamily(Family.of(source), source);
        requireFamily(Family.of(destination), destination);
        int length = payload.remaining();
        outgoing.data().put(0, payload, payload.position(), length);
        int n = family == Family.IPV4
                ? sendIpv4(source.getAddress(), destination.getAddress(), length)
                : sendIpv6(source.getAddress(), destination.getAddress(), length);
        if (n < 0) {
            throw new ErrnoException(
                    "sendmsg(fd=" + descriptor.fd() + ", " + AddressText.of(source) + " -> "
                            + AddressText.of(destination) + ", interface " + interfaceIndex + ")",
                    -n,
                    sendAdvice(-n));
        }
    }

    private static String sendAdvice(int errno) {
        return switch (errno) {
            case Errno.EPERM -> "a firewall rule of this host dropped it";
            case Errno.EINVAL, Errno.EADDRNOTAVAIL, Errno.ENETUNREACH ->
                "the source must be an address of this host, and the interface must reach the destination";
            case Errno.ENODEV, Errno.ENXIO -> "the interface is gone";
            default -> "";
        };
    }

    private int sendIpv4(byte[] source, byte[] destination, int length) {
        ByteBuffer name = outgoing.name();
        name.putShort(0, (short) family.number());
        name.put(4, destination);
        // struct in_pktinfo: index, source to use, destination (ignored on sending).
        ByteBuffer info = ControlMessages.start(outgoing.control(), IPPROTO_IP, IP_PKTINFO, 12);
        info.putInt(ControlMessages.HEADER, interfaceIndex);
        info.put(ControlMessages.HEADER + 4, source);
        return Libc.sendmsg(descriptor.fd(), outgoing, SOCKADDR_IN_SIZE, length, ControlMessages.space(12));
    }

    private int sendIpv6(byte[] source, byte[] destination, int length) {
        ByteBuffer name = outgoing.name();
        name.putShort(0, (short) family.number());
        name.put(8, destination);
        name.putInt(24, interfaceIndex);
        // struct in6_pktinfo: source, index.
        ByteBuffer info = ControlMessages.start(outgoing.control(), IPPROTO_IPV6, IPV6_PKTINFO, 20);
        info.put(ControlMessages.HEADER, source);
        info.putInt(ControlMessages.HEADER + 16, interfaceIndex);
        return Libc.sendmsg(descriptor.fd(), outgoing, SOCKADDR_IN6_SIZE, length, ControlMessages.space(20));
    }

    /**
     * Takes the next datagram from the queue, without waiting.
     *
     * @return the datagram, whose payload is valid until the next call, or null when the queue is empty
     * @throws ErrnoException when the socket failed, for instance because the interface went
     */
    public @Nullable Datagram receive() {
        while (true) {
            int n = Libc.recvmsg(descriptor.fd(), incoming, 0);
            if (n == -Errno.EAGAIN) {
                return null;
            }
            if (n < 0) {
                throw new ErrnoException(
                        "recvmsg(fd=" + descriptor.fd() + ", interface " + interfaceIndex + ")", -n, "");
            }
            control.read(incoming.control(), incoming.controlLength());
            Datagram datagram = family == Family.IPV4 ? ipv4(n) : ipv6(n);
            if (!datagram.destination().isMulticastAddress() || groups.contains(datagram.destination())) {
                return datagram;
            }
        }
    }

    private Datagram ipv4(int length) {
        ByteBuffer data = incoming.data();
        InetAddress source = addresses.at(Family.IPV4, incoming.name(), 4, 0);
        int at = control.packetInformationAt();
        InetAddress destination = at < 0
                ? addresses.at(Family.IPV4, data, Ipv4Header.DESTINATION, 0)
                : addresses.at(Family.IPV4, incoming.control(), at + 8, 0);
        int index = at < 0 ? 0 : incoming.control().getInt(at);
        return new Datagram(source, destination, control.ttl(), index, Ipv4Header.payload(data, length));
    }

    private Datagram ipv6(int length) {
        InetAddress source = addresses.at(Family.IPV6, incoming.name(), 8, interfaceIndex);
        int at = control.packetInformationAt();
        InetAddress destination = at < 0
                ? addresses.at(Family.IPV6, UNKNOWN, 0, 0)
                : addresses.at(Family.IPV6, incoming.control(), at, interfaceIndex);
        int index = at < 0 ? 0 : incoming.control().getInt(at + 16);
        ByteBuffer payload =
                incoming.data().slice(0, Math.min(length, DATA_SIZE)).asReadOnlyBuffer();
        return new Datagram(source, destination, control.ttl(), index, payload);
    }

    private static final ByteBuffer UNKNOWN = ByteBuffer.allocate(16);

    private void requireFamily(Family needed, Object what) {
        if (needed != family) {
            throw new IllegalArgumentException(what + " does not belong to a socket of family " + family);
        }
    }

    /**
     * Receives only what passes a filter, from now on; what waits already stays. Over IPv6 the kernel
     * then also drops what has a wrong checksum.
     *
     * @throws ErrnoException ENOMEM when the kernel has no memory for it
     */
    public void filter(SocketFilter filter) {
        filter.attach(descriptor);
    }

    /**
     * How many packets the kernel has dropped since the socket was opened, because its queue was full; newer kernels (6.18)
     * also count what its filter kept away. It wraps at 32 bits.
     */
    public long dropped() {
        NativeBuffer counts = new NativeBuffer(MEMORY_COUNTS * Integer.BYTES);
        int length = Libc.getsockopt(descriptor.fd(), SOL_SOCKET, SO_MEMINFO, counts);
        Libc.check(length, "getsockopt(fd=" + descriptor.fd() + ", SO_MEMINFO)", "");
        int at = MEMORY_DROPS * Integer.BYTES;
        return length < at + Integer.BYTES ? 0 : counts.bytes().getInt(at) & 0xFFFF_FFFFL;
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
