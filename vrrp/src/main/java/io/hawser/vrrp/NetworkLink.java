package io.hawser.vrrp;

import io.hawser.sysctl.linux.Datagram;
import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.linux.FrameTap;
import io.hawser.sysctl.linux.InterfaceAddress;
import io.hawser.sysctl.linux.Link;
import io.hawser.sysctl.linux.LinuxException;
import io.hawser.sysctl.linux.PacketSocket;
import io.hawser.sysctl.linux.Poller;
import io.hawser.sysctl.linux.RawSocket;
import io.hawser.sysctl.linux.RouteSocket;
import io.hawser.sysctl.linux.SocketFilter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
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
final class NetworkLink implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(NetworkLink.class);
    /* Where the sender's address is in an ARP frame, and the end of the target in a neighbour advertisement. */
    private static final int ARP_SENDER_AT = 28;
    private static final int TARGET_END_AT = 20;
    private static final int VRID_AT = 1;
    /** So much of what nobody here waits for is looked at, to be counted and named. */
    private static final int STRAYS_PER_SECOND = 200;

    private static final int STRAYS_BURST = 100;
    /** So many frames are read at a look; the queue has room for about that. */
    private static final int SAMPLES_AT_ONCE = 64;

    static final InetAddress GROUP_IPV4 = address(224, 0, 0, 18);
    static final InetAddress GROUP_IPV6 = address(0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12);

    private final String name;
    private final Poller poller;
    private final Netlink changes;
    private final Netlink reads;
    private final Set<Family> families = EnumSet.noneOf(Family.class);
    private final Set<Family> multicast = EnumSet.noneOf(Family.class);
    /** The families whose open sockets receive multicast. */
    private final Set<Family> joined = EnumSet.noneOf(Family.class);

    private final Map<Family, RawSocket> sockets = new EnumMap<>(Family.class);
    private final Map<Family, Strays> strays = new EnumMap<>(Family.class);
    private final Map<Family, Set<Integer>> vrids = new EnumMap<>(Family.class);
    private @Nullable PacketSocket frames;
    private @Nullable RawSocket neighborNews;
    private @Nullable FrameTap samples;
    private FloodMeter meter = new FloodMeter();
    /** Belongs to the thread that carries out changes. */
    private @Nullable ArpSettings arp;

    private boolean isArpSet;
    private @Nullable LinuxException failure;
    private boolean carriesVirtualMac;
    private @Nullable Link link;
    private List<InterfaceAddress> addresses = List.of();
    private Set<InetAddress> virtual = Set.of();
    private final Map<InetAddress, Mac> neighbors = new HashMap<>();

    /**
     * What the kernel has of an interface at one moment. Immutable.
     *
     * @param link the interface; null when there is none
     * @param addresses the addresses on it
     * @param neighbors the MAC addresses of the peers that are known
     * @param carriers the interfaces of virtual MAC addresses that were found, by index
     * @param opened the sockets that were lacking; null when there is no interface
     */
    record View(
            @Nullable Link link,
            List<InterfaceAddress> addresses,
            Map<InetAddress, Mac> neighbors,
            Map<Integer, Carrier> carriers,
            @Nullable OpenedSockets opened) {}

    /** An interface of a virtual MAC address, and the addresses on it. Immutable. */
    record Carrier(Link link, List<InterfaceAddress> addresses) {}

    NetworkLink(String name, Poller poller, Netlink changes, Netlink reads) {
        this.name = name;
        this.poller = poller;
        this.changes = changes;
        this.reads = reads;
    }

    /**
     * Reads an interface from the kernel, for {@link #take}, and opens sockets on it. Any thread.
     *
     * @param peers whose MAC addresses are wanted
     * @param carriers the indexes of interfaces of virtual MAC addresses
     * @param lack the sockets to open
     */
    static View read(
            RouteSocket routes, String name, Set<InetAddress> peers, Set<Integer> carriers, OpenedSockets.Lack lack) {
        Link link = routes.link(name);
        Map<Integer, Carrier> found = new HashMap<>();
        for (int index : carriers) {
            Link carrier = routes.link(index);
            if (carrier != null) {
                found.put(index, new Carrier(carrier, routes.addresses(index)));
            }
        }
        if (link == null) {
            return new View(null, List.of(), Map.of(), found, null);
        }
        List<InterfaceAddress> addresses = routes.addresses(link.index());
        Map<InetAddress, Mac> neighbors = neighbors(routes, link.index(), peers);
        // At the end: what was opened would be lost with a request that is refused.
        return new View(
                link, addresses, neighbors, found, OpenedSockets.on(link.index(), link.mac().length == 6, lack));
    }

    /** Reads the MAC addresses of neighbours that the kernel knows. Any thread. */
    static Map<InetAddress, Mac> neighbors(RouteSocket routes, int index, Set<InetAddress> of) {
        Map<InetAddress, Mac> found = new HashMap<>();
        for (InetAddress each : of) {
            byte[] mac = routes.neighbor(index, each);
            if (mac != null) {
                found.put(each, Mac.of(mac));
            }
        }
        return found;
    }

    static InetAddress address(int... bytes) {
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

    /** The addresses on the interface when it was last read. */
    List<InterfaceAddress> addresses() {
        return addresses;
    }

    /** Says which addresses the virtual routers here hold by turns, so that none is taken for an own one. */
    void virtual(Set<InetAddress> addresses) {
        virtual = Set.copyOf(addresses);
    }

    /**
     * Says which virtual routers are here, by family: the kernel hands on what is for them, and what concerns the
     * addresses of {@link #virtual}; the rest of a flood does not wake this thread.
     *
     * @throws ErrnoException when the kernel refuses
     */
    void listen(Map<Family, Set<Integer>> routers) {
        vrids.clear();
        vrids.putAll(routers);
        for (Family family : sockets.keySet()) {
            filter(family);
        }
        filterClaims();
    }

    private void filter(Family family) {
        Set<Integer> wanted = vrids.get(family);
        RawSocket socket = sockets.get(family);
        Strays other = strays.get(family);
        if (wanted == null || socket == null || other == null) {
            return;
        }
        socket.filter(SocketFilter.payload(family, Advertisement.TTL, VRID_AT, wanted, false));
        if (family == Family.IPV4) {
            // Over IPv6 a filter would hide what has a wrong checksum: there it is told apart by isStray.
            other.socket.filter(SocketFilter.payload(family, Advertisement.TTL, VRID_AT, wanted, true));
        }
    }

    private void filterClaims() {
        if (frames != null) {
            frames.filter(SocketFilter.word(ARP_SENDER_AT, ends(Family.IPV4)));
        }
        if (neighborNews != null) {
            neighborNews.filter(SocketFilter.word(TARGET_END_AT, ends(Family.IPV6)));
        }
    }

    /** The last 32 bits of the virtual addresses. */
    private Set<Integer> ends(Family family) {
        Set<Integer> ends = new HashSet<>();
        for (InetAddress each : virtual) {
            if (Family.of(each) == family) {
                byte[] bytes = each.getAddress();
                ends.add(ByteBuffer.wrap(bytes).getInt(bytes.length - Integer.BYTES));
            }
        }
        return ends;
    }

    /**
     * A second socket, for what is not for any router here: it has a queue of its own, and is left alone when there is
     * too much, so that whoever floods it fills nothing that a peer's advertisements need.
     */
    private static final class Strays {
        final RawSocket socket;
        final Allowance allowance = new Allowance(STRAYS_PER_SECOND, STRAYS_BURST);
        boolean isPaused;
        long droppedBefore;

        /** What the kernel has dropped since this was last called. */
        long dropped() {
            long before = droppedBefore;
            droppedBefore = socket.dropped();
            return droppedBefore - before & 0xFFFF_FFFFL;
        }

        Strays(RawSocket socket) {
            this.socket = socket;
        }
    }

    /** Whether the last wait of the poller found packets of this family that are for no router here. */
    boolean hasStrays(Family family) {
        Strays other = strays.get(family);
        return other != null && !other.isPaused && poller.isReady(other.socket.fd());
    }

    /** The next packet that is for no router here; null when there is none, or too many came. */
    @Nullable
    Datagram receiveStray(Family family, long now) {
        Strays other = strays.get(family);
        while (other != null && !other.isPaused) {
            Datagram packet = receive(other.socket);
            if (packet == null) {
                return null;
            }
            if (isStray(family, packet)) {
                if (!other.allowance.take(now)) {
                    poller.unregister(other.socket.fd());
                    other.isPaused = true;
                    // Some kernels also count what the filter kept away: only while this is paused is it strays above
                    // all.
                    var _ = other.dropped();
                }
                return packet;
            }
        }
        return null;
    }

    /** Whether the socket that is for the routers does not receive this packet. */
    private boolean isStray(Family family, Datagram packet) {
        Set<Integer> wanted = vrids.getOrDefault(family, Set.of());
        boolean isWanted =
                packet.ttl() == Advertisement.TTL && wanted.contains(Advertisement.peekVrid(packet.payload()));
        return !isWanted
                || (family == Family.IPV6
                        && !Advertisement.hasWholeChecksum(packet.payload(), packet.source(), packet.destination()));
    }

    /** Looks at strays again that were left alone. @return about how many the kernel dropped meanwhile */
    long resumeStrays(long now) {
        long lost = 0;
        for (Strays each : strays.values()) {
            if (each.isPaused && each.allowance.isWorthWhile(now)) {
                poller.register(each.socket.fd());
                each.isPaused = false;
                lost += each.dropped();
            }
        }
        return lost;
    }

    /**
     * Looks at the few frames that have been taken at random from all those that arrive, whatever the filters of the
     * sockets above keep away. Nothing wakes this thread for them, and none reaches a router.
     *
     * @return about how many packets there were since the last look
     */
    Map<Flood.Protocol, Long> sample(long now) {
        FrameTap tap = samples;
        if (tap == null) {
            return Map.of();
        }
        List<LinkSample> found = new ArrayList<>();
        for (int i = 0; i < SAMPLES_AT_ONCE; i++) {
            FrameTap.Frame frame = receive(tap);
            if (frame == null) {
                break;
            }
            LinkSample sample = LinkSample.read(frame.bytes(), vrids);
            if (sample != null) {
                found.add(sample);
            }
        }
        return meter.looked(found, found.isEmpty() ? 0 : tap.lost(), now);
    }

    /** What arrives in numbers that no working network has, at the time of the last {@link #sample}. */
    List<Flood> floods() {
        return samples == null ? List.of() : meter.floods(name);
    }

    private FrameTap.@Nullable Frame receive(FrameTap tap) {
        try {
            return tap.receive();
        } catch (ErrnoException e) {
            // ENETDOWN, as of the other sockets.
            log.atDebug().addKeyValue("interface", name).setCause(e).log("receiving samples failed");
            return null;
        }
    }

    /** Whether an address is one of those. */
    boolean isVirtual(InetAddress address) {
        return virtual.contains(address);
    }

    /** Says what is needed here; sockets are opened when the interface is read next. */
    void need(Family family, boolean overMulticast) {
        families.add(family);
        if (overMulticast) {
            multicast.add(family);
        }
    }

    /** What is needed here and is not there. */
    OpenedSockets.Lack lack() {
        Set<Family> lacking = EnumSet.noneOf(Family.class);
        for (Family family : families) {
            if (!sockets.containsKey(family) || (multicast.contains(family) && !joined.contains(family))) {
                lacking.add(family);
            }
        }
        return new OpenedSockets.Lack(
                index(),
                lacking,
                Set.copyOf(families),
                Set.copyOf(multicast),
                frames == null && !families.isEmpty(),
                neighborNews == null && families.contains(Family.IPV6),
                samples == null && !families.isEmpty());
    }

    /** Says that a family is needed no more. */
    void release(Family family) {
        families.remove(family);
        multicast.remove(family);
        vrids.remove(family);
        close(family);
        if (family == Family.IPV6) {
            close(neighborNews);
            neighborNews = null;
        }
    }

    /**
     * Says whether interfaces with virtual MAC addresses for IPv4 are made on this one, which then leaves ARP for their
     * addresses to them.
     */
    void carryVirtualMac(boolean does) {
        carriesVirtualMac = does;
        if (does) {
            setArp();
        } else {
            restoreArp();
        }
    }

    private void restoreArp() {
        if (!isArpSet) {
            return;
        }
        isArpSet = false;
        change("putting its ARP settings back", routes -> {
            if (arp != null) {
                arp.restore(routes);
                arp = null;
            }
            return true;
        });
    }

    private void setArp() {
        int index = index();
        if (isArpSet || index == 0) {
            return;
        }
        isArpSet = true;
        change("raising its ARP settings", routes -> {
            arp = new ArpSettings(routes, index);
            return true;
        });
    }

    private void change(String what, Netlink.Request<Boolean> request) {
        changes.request(request, outcome -> {
            if (outcome instanceof Netlink.Outcome.Refused<Boolean>(RuntimeException why)) {
                log.atWarn().addKeyValue("interface", name).setCause(why).log("{} failed", what);
            }
        });
    }

    /**
     * Takes what was read of the interface.
     *
     * @throws LinuxException when a socket could not be opened
     */
    void take(View view) {
        Link before = link;
        Link now = view.link();
        link = now;
        if (before != null && (now == null || now.index() != before.index())) {
            closeSockets();
        }
        addresses = view.addresses();
        neighbors.clear();
        neighbors.putAll(view.neighbors());
        if (carriesVirtualMac) {
            setArp();
        }
        OpenedSockets opened = view.opened();
        failure = opened == null ? null : opened.failure();
        if (opened != null) {
            adopt(opened);
            closeLater(opened::close);
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Why sockets could not be opened when the interface was last read; null when they could. */
    @Nullable
    LinuxException failure() {
        return failure;
    }

    private void adopt(OpenedSockets opened) {
        for (Family family : opened.families()) {
            // Meanwhile nobody may want it any more.
            if (families.contains(family)) {
                close(family);
                sockets.put(family, registered(opened.takeOwn(family)));
                strays.put(family, new Strays(registered(opened.takeStrays(family))));
                if (opened.isMulticast(family)) {
                    joined.add(family);
                }
                filter(family);
            }
        }
        PacketSocket newFrames = frames == null ? opened.takeFrames() : null;
        if (newFrames != null) {
            poller.register(newFrames.fd());
            frames = newFrames;
        }
        RawSocket news = neighborNews == null && families.contains(Family.IPV6) ? opened.takeNeighborNews() : null;
        if (news != null) {
            neighborNews = registered(news);
        }
        filterClaims();
        FrameTap newSamples = samples == null ? opened.takeSamples() : null;
        if (newSamples != null) {
            samples = newSamples;
            meter = new FloodMeter();
        }
    }

    private RawSocket registered(RawSocket socket) {
        poller.register(socket.fd());
        return socket;
    }

    /** Takes MAC addresses of neighbours. */
    void learn(Map<InetAddress, Mac> found) {
        neighbors.putAll(found);
    }

    /** The MAC address of a neighbour as it was last read; null when it is not known. */
    @Nullable
    Mac neighbor(InetAddress address) {
        return neighbors.get(address);
    }

    /** Which of some neighbours has a MAC address, as they were last read; null when none is known to have it. */
    @Nullable
    InetAddress neighborWith(Mac mac, Set<InetAddress> among) {
        for (InetAddress each : among) {
            if (mac.equals(neighbors.get(each))) {
                return each;
            }
        }
        return null;
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
        RawSocket socket = sockets.get(family);
        while (true) {
            Datagram packet = receive(socket);
            // Where the network card is said to have checked it, the kernel does not: then both sockets have it.
            if (packet == null || family == Family.IPV4 || !vrids.containsKey(family) || !isStray(family, packet)) {
                return packet;
            }
        }
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
        return neighborNews != null && poller.isReady(neighborNews.fd());
    }

    /** The next neighbour advertisement, valid until the next call; null when there is none. */
    @Nullable
    Datagram receiveNeighborNews() {
        return receive(neighborNews);
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
        for (Family family : Family.values()) {
            close(family);
        }
        if (frames != null) {
            poller.unregister(frames.fd());
            frames.close();
            frames = null;
        }
        close(neighborNews);
        neighborNews = null;
        FrameTap tap = samples;
        if (tap != null) {
            samples = null;
            closeLater(tap::close);
        }
        restoreArp();
        addresses = List.of();
    }

    private void close(Family family) {
        joined.remove(family);
        close(sockets.remove(family));
        Strays other = strays.remove(family);
        close(other == null ? null : other.socket);
    }

    private void close(@Nullable RawSocket socket) {
        if (socket != null) {
            poller.unregister(socket.fd());
            closeLater(socket::close);
        }
    }

    /** Closing leaves the multicast groups, which may have to wait for the kernel. */
    private void closeLater(Runnable closing) {
        reads.request(
                routes -> {
                    closing.run();
                    return true;
                },
                outcome -> {});
    }

    @Override
    public void close() {
        closeSockets();
    }
}
