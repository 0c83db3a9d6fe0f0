package io.hawser.vrrp;

import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.linux.FrameTap;
import io.hawser.sysctl.linux.LinuxException;
import io.hawser.sysctl.linux.PacketSocket;
import io.hawser.sysctl.linux.RawSocket;
import java.net.InetAddress;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sockets that a port lacked, opened by the thread that may wait for the kernel: joining and leaving a multicast
 * group takes the same lock as changes of addresses. Opened there, the vrrp thread's from then on.
 */
final class OpenedSockets {
    private static final Logger log = LoggerFactory.getLogger(OpenedSockets.class);
    private static final int ETHERTYPE_ARP = 0x0806;
    private static final int ICMPV6 = 58;
    private static final int NEIGHBOR_ADVERTISEMENT = 136;
    private static final InetAddress ALL_NODES = InetAddress.ofLiteral("ff02::1");

    /**
     * What a port lacks. Immutable.
     *
     * @param openOn the index of the interface that it has sockets on, 0 for none; where the interface is another one,
     *     it lacks all that is wanted
     * @param families the families that it lacks, or has no multicast for
     * @param wanted all families
     * @param multicast those that need multicast
     * @param frames whether it lacks the socket for ARP
     * @param neighbors whether it lacks the one for neighbour advertisements
     * @param samples whether it lacks the one for a few of all frames
     */
    record Lack(
            int openOn,
            Set<Family> families,
            Set<Family> wanted,
            Set<Family> multicast,
            boolean frames,
            boolean neighbors,
            boolean samples) {}

    private final int index;
    private final Set<Family> multicast;
    private final Map<Family, RawSocket> own = new EnumMap<>(Family.class);
    private final Map<Family, RawSocket> strays = new EnumMap<>(Family.class);
    private @Nullable PacketSocket frames;
    private @Nullable RawSocket neighborNews;
    private @Nullable FrameTap samples;
    private @Nullable LinuxException failure;

    private OpenedSockets(int index, Set<Family> multicast) {
        this.index = index;
        this.multicast = multicast;
    }

    /**
     * Opens what is lacking on an interface; a failure is kept, with what could be opened before it.
     *
     * @param isEthernet whether its frames are of Ethernet
     */
    static OpenedSockets on(int index, boolean isEthernet, Lack lack) {
        OpenedSockets opened = new OpenedSockets(index, lack.multicast());
        boolean isOther = index != lack.openOn();
        try {
            for (Family family : isOther ? lack.wanted() : lack.families()) {
                opened.strays.put(family, opened.open(family));
                opened.own.put(family, opened.open(family));
            }
            if (lack.frames() || (isOther && !lack.wanted().isEmpty())) {
                opened.frames = PacketSocket.open(index, ETHERTYPE_ARP);
            }
            if (lack.neighbors() || (isOther && lack.wanted().contains(Family.IPV6))) {
                opened.neighborNews = openNeighbors(index);
            }
        } catch (LinuxException e) {
            opened.failure = e;
        }
        if (isEthernet && (lack.samples() || (isOther && !lack.wanted().isEmpty()))) {
            opened.samples = openSamples(index);
        }
        return opened;
    }

    /** Null where the kernel has no such thing: then a flood is not told, and nothing else is missing. */
    private static @Nullable FrameTap openSamples(int index) {
        try {
            return FrameTap.openSample(index, Advertisement.PROTOCOL, FloodMeter.ONE_IN);
        } catch (LinuxException e) {
            log.atDebug()
                    .addKeyValue("interface", index)
                    .setCause(e)
                    .log("floods on this interface will not be reported");
            return null;
        }
    }

    private RawSocket open(Family family) {
        RawSocket socket = RawSocket.open(family, Advertisement.PROTOCOL, index);
        try {
            if (multicast.contains(family)) {
                socket.join(MulticastGroup.of(family));
            }
            return socket;
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private static RawSocket openNeighbors(int index) {
        RawSocket socket = RawSocket.open(Family.IPV6, ICMPV6, index);
        try {
            socket.receiveOnlyIcmpv6(NEIGHBOR_ADVERTISEMENT);
            socket.join(ALL_NODES);
            return socket;
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** The index of the interface that they are on. */
    int index() {
        return index;
    }

    /** The families that there are both sockets for. */
    Set<Family> families() {
        Set<Family> both = EnumSet.noneOf(Family.class);
        both.addAll(own.keySet());
        return both;
    }

    /** Whether the sockets of a family receive multicast. */
    boolean isMulticast(Family family) {
        return multicast.contains(family);
    }

    /** Hands over the socket for what is for the routers. */
    RawSocket takeOwn(Family family) {
        return Objects.requireNonNull(own.remove(family), "own");
    }

    /** Hands over the socket for what is for no router. */
    RawSocket takeStrays(Family family) {
        return Objects.requireNonNull(strays.remove(family), "strays");
    }

    /** Hands over the socket for ARP; null when there is none. */
    @Nullable
    PacketSocket takeFrames() {
        PacketSocket taken = frames;
        frames = null;
        return taken;
    }

    /** Hands over the socket for neighbour advertisements; null when there is none. */
    @Nullable
    RawSocket takeNeighborNews() {
        RawSocket taken = neighborNews;
        neighborNews = null;
        return taken;
    }

    /** Hands over the tap for a few of all frames; null when there is none. */
    @Nullable
    FrameTap takeSamples() {
        FrameTap taken = samples;
        samples = null;
        return taken;
    }

    /** Why not everything could be opened; null when it could. */
    @Nullable
    LinuxException failure() {
        return failure;
    }

    /** Closes what nobody took. On the thread that may wait. */
    void close() {
        own.values().forEach(RawSocket::close);
        strays.values().forEach(RawSocket::close);
        if (frames != null) {
            frames.close();
        }
        if (neighborNews != null) {
            neighborNews.close();
        }
        if (samples != null) {
            samples.close();
        }
    }
}
