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
import io.hawser.sysctl.linux.SocketFilter;
import java.net.InetAddress;
import java.nio.ByteBuffer;
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

    private final String name;
    private final Poller poller;
    private final Netlink reads;
    private final Set<Family> families = EnumSet.noneOf(Family.class);
    private final Set<Family> multicast = EnumSet.noneOf(Family.class);
    private final Map<Family, VrrpSockets> sockets = new EnumMap<>(Family.class);
    private final Map<Family, Set<Integer>> vrids = new EnumMap<>(Family.class);
    private @Nullable PacketSocket frames;
    private @Nullable RawSocket neighborNews;
    private @Nullable FrameSampler samples;
    private final ArpSettings arp;
    private @Nullable LinuxException failure;
    private boolean carriesVirtualMac;
    private @Nullable Link link;
    private List<InterfaceAddress> addresses = List.of();
    private Set<InetAddress> virtual = Set.of();
    private final Map<InetAddress, Mac> neighbors = new HashMap<>();

    NetworkLink(String name, Poller poller, Netlink changes, Netlink reads) {
        this.name = name;
        this.poller = poller;
        this.arp = new ArpSettings(name, changes);
        this.reads = reads;
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
        sockets.forEach((family, both) -> both.listen(vrids.get(family)));
        filterClaims();
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

    /** Whether the last wait of the poller found packets of this family that are for no router here. */
    boolean hasStrays(Family family) {
        VrrpSockets both = sockets.get(family);
        return both != null && both.hasStrays();
    }

    /** The next packet that is for no router here; null when there is none, or too many came. */
    @Nullable
    Datagram receiveStray(Family family, long now) {
        VrrpSockets both = sockets.get(family);
        return both == null ? null : both.receiveStray(now);
    }

    /** Looks at strays again that were left alone. @return about how many the kernel dropped meanwhile */
    long resumeStrays(long now) {
        long lost = 0;
        for (VrrpSockets each : sockets.values()) {
            lost += each.resumeStrays(now);
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
        return samples == null ? Map.of() : samples.sample(vrids, now);
    }

    /** What arrives in numbers that no working network has, at the time of the last {@link #sample}. */
    List<Flood> floods() {
        return samples == null ? List.of() : samples.floods();
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
            VrrpSockets both = sockets.get(family);
            if (both == null || (multicast.contains(family) && !both.isMulticast())) {
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
            arp.raise(index());
        } else {
            arp.restore();
        }
    }

    /**
     * Takes what was read of the interface.
     *
     * @throws LinuxException when a socket could not be opened
     */
    void take(LinkView view) {
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
            arp.raise(index());
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
                RawSocket own = registered(opened.takeOwn(family));
                RawSocket strays = registered(opened.takeStrays(family));
                VrrpSockets both = new VrrpSockets(name, poller, family, own, strays, opened.isMulticast(family));
                sockets.put(family, both);
                both.listen(vrids.get(family));
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
            samples = new FrameSampler(name, newSamples);
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

    /** Whether the last wait of the poller found packets of this family. */
    boolean isReady(Family family) {
        VrrpSockets both = sockets.get(family);
        return both != null && both.isReady();
    }

    /** The next packet; null when there is none. A failing socket is opened anew. */
    @Nullable
    Datagram receive(Family family) {
        VrrpSockets both = sockets.get(family);
        return both == null ? null : both.receive();
    }

    /** Whether the last wait of the poller found neighbour advertisements. */
    boolean hasNeighborNews() {
        return neighborNews != null && poller.isReady(neighborNews.fd());
    }

    /** The next neighbour advertisement, valid until the next call; null when there is none. */
    @Nullable
    Datagram receiveNeighborNews() {
        try {
            return neighborNews == null ? null : neighborNews.receive();
        } catch (ErrnoException e) {
            log.atDebug().addKeyValue("interface", name).setCause(e).log("receiving failed");
            return null;
        }
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
        VrrpSockets both = sockets.get(Family.of(destination));
        if (both == null) {
            throw new IllegalStateException("interface " + name + " is gone");
        }
        both.send(source, destination, message);
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
        FrameSampler sampler = samples;
        if (sampler != null) {
            samples = null;
            closeLater(sampler::close);
        }
        arp.restore();
        addresses = List.of();
    }

    private void close(Family family) {
        VrrpSockets both = sockets.remove(family);
        if (both != null) {
            close(both.own());
            close(both.strays());
        }
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
