package io.hawser.vrrp;

import io.hawser.sysctl.linux.Datagram;
import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.linux.InterfaceAddress;
import io.hawser.sysctl.linux.Link;
import io.hawser.sysctl.linux.PacketSocket;
import io.hawser.sysctl.linux.Poller;
import io.hawser.sysctl.linux.RawSocket;
import io.hawser.sysctl.linux.RouteSocket;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A network interface as virtual routers use it: its link, its addresses, and the sockets on it. It outlives the
 * interface: deleted and made again, its sockets are opened anew. Vrrp thread.
 */
final class Port implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Port.class);
    private static final int ETHERTYPE_ARP = 0x0806;
    private static final int ICMPV6 = 58;
    private static final int NEIGHBOR_ADVERTISEMENT = 136;
    private static final InetAddress ALL_NODES = address(0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

    static final InetAddress GROUP_IPV4 = address(224, 0, 0, 18);
    static final InetAddress GROUP_IPV6 = address(0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12);

    private final String name;
    private final Poller poller;
    private final RouteSocket routes;
    private final Set<Family> families = EnumSet.noneOf(Family.class);
    private final Set<Family> multicast = EnumSet.noneOf(Family.class);
    private final Map<Family, RawSocket> sockets = new EnumMap<>(Family.class);
    private @Nullable PacketSocket frames;
    private @Nullable RawSocket neighbors;
    private @Nullable ArpSettings arp;
    private boolean carriesVirtualMac;
    private @Nullable Link link;
    private List<InterfaceAddress> addresses = List.of();
    private Set<InetAddress> virtual = Set.of();

    Port(String name, Poller poller, RouteSocket routes) {
        this.name = name;
        this.poller = poller;
        this.routes = routes;
    }

    private static InetAddress address(int... bytes) {
        byte[] raw = new byte[bytes.length];
        for (int i = 0; i < raw.length; i++) {
            raw[i] = (byte) bytes[i];
        }
        try {
            return InetAddress.getByAddress(raw);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    String name() {
        return name;
    }

    /** The kernel's number of the interface; 0 while there is none. */
    int index() {
        return link == null ? 0 : link.index();
    }

    /** Whether frames can leave. */
    boolean isUp() {
        return link != null && link.up() && link.running();
    }

    /** The link now; null while there is no such interface. */
    @Nullable
    Link link() {
        return link;
    }

    /** Its own link-layer address; null while there is none, or where it is not Ethernet. */
    @Nullable
    Mac mac() {
        return link == null || link.mac().length != 6 ? null : Mac.of(link.mac());
    }

    /** An own link-local IPv6 address that can be used; null when there is none. */
    @Nullable
    InetAddress linkLocal() {
        for (InterfaceAddress each : addresses) {
            if (each.address().isLinkLocalAddress()
                    && Family.of(each.address()) == Family.IPV6
                    && !each.tentative()
                    && !isVirtual(each.address())) {
                return each.address();
            }
        }
        return null;
    }

    /** The addresses on the interface when {@link #refresh} was last called. */
    List<InterfaceAddress> addresses() {
        return addresses;
    }

    /** Says which addresses the virtual routers here hold by turns, so that none is taken for an own one. */
    void virtual(Set<InetAddress> addresses) {
        virtual = Set.copyOf(addresses);
    }

    /** Whether an address is one of those. */
    boolean isVirtual(InetAddress address) {
        return virtual.contains(address);
    }

    /**
     * Says what is needed here; sockets open now or as soon as the interface exists.
     *
     * @throws ErrnoException when a socket may not be opened
     */
    void need(Family family, boolean overMulticast) {
        families.add(family);
        if (overMulticast && multicast.add(family)) {
            RawSocket open = sockets.get(family);
            if (open != null) {
                open.join(group(family));
            }
        }
        open();
    }

    /** Says that a family is needed no more. */
    void release(Family family) {
        families.remove(family);
        multicast.remove(family);
        close(sockets.remove(family));
        if (family == Family.IPV6) {
            close(neighbors);
            neighbors = null;
        }
    }

    /**
     * Says whether interfaces with virtual MAC addresses for IPv4 are made on this one, which then leaves ARP for their
     * addresses to them.
     *
     * @throws ErrnoException when the kernel refuses
     */
    void carryVirtualMac(boolean does) {
        carriesVirtualMac = does;
        if (does) {
            open();
        } else {
            restoreArp();
        }
    }

    private void restoreArp() {
        if (arp != null) {
            arp.restore();
            arp = null;
        }
    }

    /** Takes what the kernel says of the interface; null that it is gone. */
    void link(@Nullable Link now) {
        Link before = link;
        link = now;
        if (before != null && (now == null || now.index() != before.index())) {
            closeSockets();
        }
        if (now != null) {
            open();
        }
    }

    /** Reads link and addresses from the kernel. */
    void refresh() {
        link(routes.link(name));
        int index = index();
        addresses = index == 0 ? List.of() : routes.addresses(index);
    }

    private void open() {
        Link present = link;
        if (present == null) {
            return;
        }
        for (Family family : families) {
            if (!sockets.containsKey(family)) {
                open(family, present.index());
            }
        }
        if (frames == null && !families.isEmpty()) {
            PacketSocket socket = PacketSocket.open(present.index(), ETHERTYPE_ARP);
            poller.register(socket.fd());
            frames = socket;
        }
        if (neighbors == null && families.contains(Family.IPV6)) {
            neighbors = openNeighbors(present.index());
        }
        if (arp == null && carriesVirtualMac) {
            arp = new ArpSettings(routes, present.index());
        }
    }

    private RawSocket openNeighbors(int index) {
        RawSocket socket = RawSocket.open(Family.IPV6, ICMPV6, index);
        try {
            socket.receiveOnlyIcmpv6(NEIGHBOR_ADVERTISEMENT);
            socket.join(ALL_NODES);
            poller.register(socket.fd());
            return socket;
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private void open(Family family, int index) {
        RawSocket socket = RawSocket.open(family, Advertisement.PROTOCOL, index);
        try {
            if (multicast.contains(family)) {
                socket.join(group(family));
            }
            poller.register(socket.fd());
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
        sockets.put(family, socket);
    }

    /** The multicast group of VRRP, RFC 9568 5.1.1.2 and 5.1.2.2. */
    static InetAddress group(Family family) {
        return family == Family.IPV4 ? GROUP_IPV4 : GROUP_IPV6;
    }

    /** Whether the last wait of the poller found packets of this family. */
    boolean isReady(Family family) {
        RawSocket socket = sockets.get(family);
        return socket != null && poller.isReady(socket.fd());
    }

    /** The next packet; null when there is none. A failing socket is opened anew. */
    @Nullable
    Datagram receive(Family family) {
        return receive(sockets.get(family));
    }

    private @Nullable Datagram receive(@Nullable RawSocket socket) {
        try {
            return socket == null ? null : socket.receive();
        } catch (ErrnoException e) {
            // ENETDOWN is told once when the interface goes down; the socket works again when it is back.
            log.atDebug().addKeyValue("interface", name).setCause(e).log("receiving failed");
            return null;
        }
    }

    /** Whether the last wait of the poller found neighbour advertisements. */
    boolean hasNeighborNews() {
        return neighbors != null && poller.isReady(neighbors.fd());
    }

    /** The next neighbour advertisement, valid until the next call; null when there is none. */
    @Nullable
    Datagram receiveNeighborNews() {
        return receive(neighbors);
    }

    /** Whether the last wait of the poller found ARP frames. */
    boolean hasFrames() {
        return frames != null && poller.isReady(frames.fd());
    }

    /** The next ARP frame, valid until the next call; null when there is none. */
    @Nullable
    ByteBuffer receiveFrame() {
        try {
            return frames == null ? null : frames.receive();
        } catch (ErrnoException e) {
            log.atDebug().addKeyValue("interface", name).setCause(e).log("receiving frames failed");
            return null;
        }
    }

    /**
     * Sends an advertisement.
     *
     * @throws ErrnoException when it could not leave
     * @throws IllegalStateException when the interface is gone
     */
    void send(InetAddress source, InetAddress destination, ByteBuffer message) {
        RawSocket socket = sockets.get(Family.of(destination));
        if (socket == null) {
            throw new IllegalStateException("interface " + name + " is gone");
        }
        socket.send(source, destination, message);
    }

    /** Sends a whole Ethernet frame; errors as {@link #send}. */
    void sendFrame(ByteBuffer frame) {
        if (frames == null) {
            throw new IllegalStateException("interface " + name + " is gone");
        }
        frames.send(frame);
    }

    private void closeSockets() {
        sockets.values().forEach(this::close);
        sockets.clear();
        if (frames != null) {
            poller.unregister(frames.fd());
            frames.close();
            frames = null;
        }
        close(neighbors);
        neighbors = null;
        restoreArp();
        addresses = List.of();
    }

    private void close(@Nullable RawSocket socket) {
        if (socket != null) {
            poller.unregister(socket.fd());
            socket.close();
        }
    }

    @Override
    public void close() {
        closeSockets();
    }
}
