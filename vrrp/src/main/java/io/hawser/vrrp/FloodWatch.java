package io.hawser.vrrp;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Looks at a few of all frames that arrive, now and then, and says what arrives in numbers that no working network has.
 * Vrrp thread, except {@link #floods} and {@link #arrived}, which any thread may call.
 */
final class FloodWatch {
    /** How often a few of all frames are looked at. */
    private static final long SAMPLED_NANOS = 200_000_000L;

    private final InputGuard guard;
    private final Map<Flood.Protocol, LongAdder> arrived = new EnumMap<>(Flood.Protocol.class);
    private volatile List<Flood> floods = List.of();
    private long sampledAt = System.nanoTime();

    FloodWatch(InputGuard guard) {
        this.guard = guard;
        for (Flood.Protocol protocol : Flood.Protocol.values()) {
            arrived.put(protocol, new LongAdder());
        }
    }

    /** What arrives in such numbers, as of the last look. Any thread. */
    List<Flood> floods() {
        return floods;
    }

    /** About how many packets have arrived since the start. Any thread. */
    Map<Flood.Protocol, Long> arrived() {
        Map<Flood.Protocol, Long> packets = new EnumMap<>(Flood.Protocol.class);
        arrived.forEach((protocol, count) -> packets.put(protocol, count.sum()));
        return packets;
    }

    /** Looks, when that is due. */
    void look(Collection<NetworkLink> ports, long now) {
        if (now - sampledAt < SAMPLED_NANOS) {
            return;
        }
        sampledAt = now;
        List<Flood> found = new ArrayList<>();
        for (NetworkLink port : ports) {
            guard.run(port.name(), () -> {
                port.sample(now)
                        .forEach((protocol, count) ->
                                requireNonNull(arrived.get(protocol)).add(count));
                found.addAll(port.floods());
            });
        }
        floods = List.copyOf(found);
    }
}
