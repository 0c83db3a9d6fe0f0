package io.hawser.lb.proxy;

import io.hawser.lb.tls.HandshakeFailure;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a listener counts of TLS handshakes. Any thread. */
final class Handshakes {
    private final ConnectTimes times = new ConnectTimes();
    private final LongAdder resumed = new LongAdder();
    private final Map<HandshakeFailure, LongAdder> failures = new EnumMap<>(HandshakeFailure.class);

    Handshakes() {
        for (HandshakeFailure why : HandshakeFailure.values()) {
            failures.put(why, new LongAdder());
        }
    }

    void done(String listener, long nanos, boolean isResumed) {
        times.add(listener, nanos);
        if (isResumed) {
            resumed.increment();
        }
    }

    void failed(HandshakeFailure why) {
        LongAdder count = failures.get(why);
        if (count != null) {
            count.increment();
        }
    }

    ProxyStats.HandshakeStats stats(String listener) {
        Map<HandshakeFailure, Long> counts = new EnumMap<>(HandshakeFailure.class);
        failures.forEach((why, count) -> {
            if (count.sum() > 0) {
                counts.put(why, count.sum());
            }
        });
        return new ProxyStats.HandshakeStats(times.statsOf(listener), resumed.sum(), counts);
    }
}
