package io.hawser.vrrp;

import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.FrameTap;
import io.hawser.sysctl.linux.Link;
import io.hawser.sysctl.linux.LinuxException;
import io.hawser.sysctl.linux.Poller;
import io.hawser.sysctl.linux.RouteSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hears the advertisements that pass an interface, also those of this host, and takes part in nothing: a running
 * speaker does not notice. Unicast that is meant for other hosts does not come by. One thread.
 */
public final class AdvertTap implements AutoCloseable {
    /** The Ethernet addresses of 224.0.0.18 and ff02::12 (RFC 1112 6.4, RFC 2464 7). */
    private static final List<byte[]> GROUPS =
            List.of(HexFormat.of().parseHex("01005e000012"), HexFormat.of().parseHex("333300000012"));

    private final Poller poller;
    private final FrameTap tap;
    private final AdvertHistory ledger;

    private AdvertTap(Poller poller, FrameTap tap, AdvertHistory ledger) {
        this.poller = poller;
        this.tap = tap;
        this.ledger = ledger;
    }

    /**
     * Opens a tap in the network namespace of the calling thread.
     *
     * @param interfaceName the interface
     * @param expected the routers of this node on it, to compare with; may be empty
     * @return the tap; null when there is no such interface
     * @throws VrrpException when a right is missing, or the interface is not of Ethernet kind
     */
    public static @Nullable AdvertTap open(String interfaceName, List<RouterSpec> expected) {
        AdvertHistory ledger = new AdvertHistory(expected.stream()
                .filter(spec -> spec.carrier().interfaceName().equals(interfaceName))
                .toList());
        try (RouteSocket routes = RouteSocket.open()) {
            Link link = routes.link(interfaceName);
            if (link == null) {
                return null;
            }
            FrameTap tap = FrameTap.open(link.index(), Advertisement.PROTOCOL, GROUPS);
            try {
                Poller poller = new Poller();
                poller.register(tap.fd());
                return new AdvertTap(poller, tap, ledger);
            } catch (LinuxException e) {
                tap.close();
                throw e;
            }
        } catch (LinuxException e) {
            throw new VrrpException("cannot listen on " + interfaceName + ": " + e.getMessage(), e);
        }
    }

    /**
     * Waits for the next advertisement.
     *
     * @param longest how long at most
     * @return it; null when none came in time
     * @throws VrrpException when the interface is gone
     */
    public @Nullable ObservedAdvert next(Duration longest) {
        long start = System.nanoTime();
        while (true) {
            FrameTap.Frame frame = receive();
            if (frame != null) {
                ObservedAdvert sighting =
                        ledger.on(frame.bytes(), frame.isOutgoing(), Instant.now(), System.nanoTime());
                if (sighting != null) {
                    return sighting;
                }
                continue;
            }
            long left = longest.toNanos() - (System.nanoTime() - start);
            if (left <= 0) {
                return null;
            }
            poller.await(left);
        }
    }

    private FrameTap.@Nullable Frame receive() {
        try {
            return tap.receive();
        } catch (ErrnoException e) {
            // It is told once that the interface went down; the tap works again when it is up.
            if (e.symbol().equals("ENETDOWN")) {
                return null;
            }
            throw new VrrpException("listening failed: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        poller.close();
        tap.close();
    }
}
