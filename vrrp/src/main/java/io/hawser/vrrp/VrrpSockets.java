package io.hawser.vrrp;

import io.hawser.sysctl.linux.Datagram;
import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.linux.Poller;
import io.hawser.sysctl.linux.RawSocket;
import io.hawser.sysctl.linux.SocketFilter;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two sockets on an interface that have the VRRP packets of one family: one what is for the virtual routers here,
 * the other one the rest. Vrrp thread; their owner registers and closes them.
 */
final class VrrpSockets {
    private static final Logger log = LoggerFactory.getLogger(VrrpSockets.class);
    private static final int VRID_AT = 1;

    private final String interfaceName;
    private final Poller poller;
    private final Family family;
    private final RawSocket own;
    private final StraySocket strays;
    private final boolean isMulticast;
    private @Nullable Set<Integer> vrids;

    /**
     * Sockets that have everything of their family, until {@link #listen}.
     *
     * @param poller waits for both
     * @param own for what is for the routers here
     * @param strays for the rest
     * @param isMulticast whether both receive multicast
     */
    VrrpSockets(
            String interfaceName, Poller poller, Family family, RawSocket own, RawSocket strays, boolean isMulticast) {
        this.interfaceName = interfaceName;
        this.poller = poller;
        this.family = family;
        this.own = own;
        this.strays = new StraySocket(strays, poller);
        this.isMulticast = isMulticast;
    }

    RawSocket own() {
        return own;
    }

    RawSocket strays() {
        return strays.socket();
    }

    boolean isMulticast() {
        return isMulticast;
    }

    /**
     * Says which virtual routers of this family are here.
     *
     * @param wanted their VRIDs; null for no router: the kernel goes on as it did
     * @throws ErrnoException when the kernel refuses
     */
    void listen(@Nullable Set<Integer> wanted) {
        vrids = wanted;
        if (wanted == null) {
            return;
        }
        own.filter(SocketFilter.payload(family, Advertisement.TTL, VRID_AT, wanted, false));
        if (family == Family.IPV4) {
            // Over IPv6 a filter would hide what has a wrong checksum: there it is told apart by isStray.
            strays.socket().filter(SocketFilter.payload(family, Advertisement.TTL, VRID_AT, wanted, true));
        }
    }

    /** Whether the last wait of the poller found packets. */
    boolean isReady() {
        return poller.isReady(own.fd());
    }

    /** The next packet; null when there is none. */
    @Nullable
    Datagram receive() {
        while (true) {
            Datagram packet = receive(own);
            // Where the network card is said to have checked it, the kernel does not: then both sockets have it.
            if (packet == null || family == Family.IPV4 || vrids == null || !isStray(packet)) {
                return packet;
            }
        }
    }

    private @Nullable Datagram receive(RawSocket socket) {
        try {
            return socket.receive();
        } catch (ErrnoException e) {
            // ENETDOWN is told once when the interface goes down; the socket works again when it is back.
            log.atDebug().addKeyValue("interface", interfaceName).setCause(e).log("receiving failed");
            return null;
        }
    }

    /** Whether the last wait of the poller found packets that are for no router here. */
    boolean hasStrays() {
        return strays.isReady();
    }

    /** The next packet that is for no router here; null when there is none, or too many came. */
    @Nullable
    Datagram receiveStray(long now) {
        while (!strays.isPaused()) {
            Datagram packet = receive(strays.socket());
            if (packet == null) {
                return null;
            }
            if (isStray(packet)) {
                strays.count(now);
                return packet;
            }
        }
        return null;
    }

    /** Looks at strays again that were left alone. @return about how many the kernel dropped meanwhile */
    long resumeStrays(long now) {
        return strays.resume(now);
    }

    /** Whether the socket that is for the routers does not receive this packet. */
    private boolean isStray(Datagram packet) {
        Set<Integer> wanted = vrids == null ? Set.of() : vrids;
        boolean isWanted =
                packet.ttl() == Advertisement.TTL && wanted.contains(Advertisement.peekVrid(packet.payload()));
        return !isWanted
                || (family == Family.IPV6
                        && !Advertisement.hasWholeChecksum(packet.payload(), packet.source(), packet.destination()));
    }

    /**
     * Sends an advertisement.
     *
     * @throws ErrnoException when it could not leave
     */
    void send(InetAddress source, InetAddress destination, ByteBuffer message) {
        own.send(source, destination, message);
    }
}
