package io.hawser.vrrp;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.linux.Datagram;
import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the packets that have arrived on all interfaces, hands advertisements and claims of addresses to the virtual
 * router that they concern, and counts what is discarded. Vrrp thread, except {@link #discarded}, {@link #received} and
 * {@link #turns}, which any thread may call.
 */
final class PacketReceiver {
    private static final Logger log = LoggerFactory.getLogger(PacketReceiver.class);

    /** So many packets a socket gives at a turn: a flood delays timers by no more than it takes to look at those. */
    private static final int BATCH = 64;

    /** Turns that packets made in a second, beyond which there is a pause before each further one. */
    private static final int TURNS_PER_SECOND = 500;

    private static final int TURNS_BURST = 100;

    private final RouterSet routers;
    private final InputGuard guard;
    private final StateListenerThread news;
    private final OwnInterfaces own = new OwnInterfaces();
    private final RateLimitedLog complaints = new RateLimitedLog();
    private final Map<DiscardReason, LongAdder> discarded = new EnumMap<>(DiscardReason.class);
    /** How many packets of any kind have reached this thread. */
    private final LongAdder received = new LongAdder();

    private final LongAdder turns = new LongAdder();
    private final Allowance allowance = new Allowance(TURNS_PER_SECOND, TURNS_BURST);

    /**
     * Looks at the interfaces of this host for the first time.
     *
     * @param news the thread that has them looked at: another one it starts has an ordinary priority
     */
    PacketReceiver(RouterSet routers, InputGuard guard, StateListenerThread news) {
        this.routers = routers;
        this.guard = guard;
        this.news = news;
        for (DiscardReason reason : DiscardReason.values()) {
            discarded.put(reason, new LongAdder());
        }
        news.tell(own::look);
    }

    /** Packets discarded since the start. Any thread. */
    Map<DiscardReason, Long> discarded() {
        Map<DiscardReason, Long> reasons = new EnumMap<>(DiscardReason.class);
        discarded.forEach((reason, count) -> reasons.put(reason, count.sum()));
        return reasons;
    }

    /** How many packets of any kind were found. Any thread. */
    long received() {
        return received.sum();
    }

    /** How many turns found packets. Any thread. */
    long turns() {
        return turns.sum();
    }

    /**
     * Takes what has arrived.
     *
     * @return whether packets have made so many turns that the next one is to be put off, to find several at once
     */
    boolean hear() {
        long before = received.sum();
        for (NetworkLink port : routers.ports()) {
            hear(port);
        }
        return received.sum() != before && isOneTooMany();
    }

    private boolean isOneTooMany() {
        turns.increment();
        return !allowance.take(System.nanoTime());
    }

    private void hear(NetworkLink port) {
        for (Family family : Family.values()) {
            if (port.isReady(family)) {
                hear(port, family);
            }
            if (port.hasStrays(family)) {
                hearStrays(port, family);
            }
        }
        if (port.hasFrames()) {
            hearFrames(port);
        }
        if (port.hasNeighborNews()) {
            hearNeighbors(port);
        }
    }

    private void hear(NetworkLink port, Family family) {
        for (int i = 0; i < BATCH; i++) {
            Datagram packet = port.receive(family);
            if (packet == null) {
                return;
            }
            hear(port, packet);
        }
    }

    private void hearStrays(NetworkLink port, Family family) {
        for (int i = 0; i < BATCH; i++) {
            Datagram packet = port.receiveStray(family, System.nanoTime());
            if (packet == null) {
                return;
            }
            hear(port, packet);
        }
    }

    private void hear(NetworkLink port, Datagram packet) {
        received.increment();
        try {
            DiscardReason reason = receive(port, packet, System.nanoTime());
            if (reason != null) {
                discard(packet, reason);
            }
        } catch (RuntimeException e) {
            guard.failed();
            discard(packet, DiscardReason.INTERNAL_ERROR);
            log.atDebug().setCause(e).log("processing a packet failed");
        }
    }

    private @Nullable DiscardReason receive(NetworkLink port, Datagram packet, long now) {
        Decoded.Context context = new Decoded.Context(packet.source(), packet.destination(), packet.ttl());
        return switch (Advertisement.decode(packet.payload(), context)) {
            case Decoded.Bad(DiscardReason reason) -> reason;
            case Decoded.Ok ok -> {
                VirtualRouter router = router(port, packet, ok.advertisement().vrid());
                yield router == null ? DiscardReason.VRID : router.receive(packet, ok, now);
            }
        };
    }

    private @Nullable VirtualRouter router(NetworkLink port, Datagram packet, int vrid) {
        Family family = Family.of(packet.source());
        for (VirtualRouter router : routers.routers()) {
            RouterSpec spec = router.spec();
            if (spec.vrid() == vrid && router.port() == port && spec.family() == family) {
                return router;
            }
        }
        return null;
    }

    private void discard(Datagram packet, DiscardReason reason) {
        LongAdder counter = discarded.get(reason);
        if (counter != null) {
            counter.increment();
        }
        // Other clusters on the same link are none of our business, and our own packets come back on some switches.
        boolean isNews = reason != DiscardReason.VRID
                && reason != DiscardReason.OWN_PACKET
                && reason != DiscardReason.NOT_LISTENING;
        if (isNews && isDue(reason, packet.source(), System.nanoTime())) {
            log.atWarn()
                    .addKeyValue("reason", reason.label())
                    .addKeyValue("source", AddressText.of(packet.source()))
                    .addKeyValue("ttl", packet.ttl())
                    .addKeyValue("bytes", packet.payload().remaining())
                    .log("vrrp packet discarded");
        }
    }

    private boolean isDue(DiscardReason reason, InetAddress source, long now) {
        return routers.isPeer(source)
                ? complaints.isDue(reason, source, now)
                : complaints.isDueOfStranger(reason, source, now);
    }

    /** Says how many discarded packets were not said one by one. */
    void sayMore(long now) {
        complaints
                .more(now)
                .forEach((reason, count) -> log.atWarn()
                        .addKeyValue("reason", reason instanceof DiscardReason of ? of.label() : reason)
                        .addKeyValue("count", count)
                        .log("more vrrp packets discarded; their senders are not listed"));
    }

    /** Looks at strays again that were left alone, and counts what was lost of them. */
    void resumeStrays(long now) {
        for (NetworkLink port : routers.ports()) {
            requireNonNull(discarded.get(DiscardReason.FLOOD)).add(port.resumeStrays(now));
        }
    }

    private void hearFrames(NetworkLink port) {
        for (int i = 0; i < BATCH; i++) {
            ByteBuffer frame = port.receiveFrame();
            if (frame == null) {
                return;
            }
            received.increment();
            claimed(port, NeighborObservation.ofArp(frame), null);
        }
    }

    private void hearNeighbors(NetworkLink port) {
        for (int i = 0; i < BATCH; i++) {
            Datagram packet = port.receiveNeighborNews();
            if (packet == null) {
                return;
            }
            received.increment();
            claimed(port, NeighborObservation.ofNeighborAdvertisement(packet.payload(), packet.ttl()), packet.source());
        }
    }

    private void claimed(NetworkLink port, NeighborObservation claim, @Nullable InetAddress source) {
        if (!(claim instanceof NeighborObservation.Stated stated)) {
            return;
        }
        String here = own.named(stated.mac());
        for (VirtualRouter router : routers.routers()) {
            if (router.port() == port && router.owns(stated.address())) {
                if (own.isDue(System.nanoTime())) {
                    news.tell(own::look);
                }
                guard.run(router.spec().name(), () -> router.claimed(stated, source, here, System.nanoTime()));
            }
        }
    }
}
