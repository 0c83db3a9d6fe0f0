package io.hawser.lb.daemon;

import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Severity;
import io.hawser.vrrp.Flood;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Tells of floods on the links of the virtual routers, at most once a minute for each link and protocol. Any thread. */
final class LinkFloods {
    private static final long GAP_NANOS = 60_000_000_000L;

    private record Key(String interfaceName, Flood.Protocol protocol) {}

    private final EventLog events;
    // Interfaces come from the configuration: there are few.
    private final Map<Key, Long> toldAt = new HashMap<>();

    LinkFloods(EventLog events) {
        this.events = events;
    }

    /** Takes what there is to see now; to be called again and again. */
    synchronized void look(List<Flood> floods, long now) {
        for (Flood flood : floods) {
            Key key = new Key(flood.interfaceName(), flood.protocol());
            Long before = toldAt.get(key);
            if (before == null || now - before >= GAP_NANOS) {
                toldAt.put(key, now);
                events.append("link-flood", Severity.WARNING, flood.interfaceName(), flood.explanation());
            }
        }
    }
}
