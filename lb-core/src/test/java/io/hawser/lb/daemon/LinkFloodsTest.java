package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.lb.admin.EventLog;
import io.hawser.vrrp.Flood;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinkFloodsTest {
    private static final long SECOND = 1_000_000_000L;

    private final EventLog events = new EventLog(10, Clock.systemUTC());
    private final LinkFloods floods = new LinkFloods(events);

    private static Flood flood(Flood.Protocol protocol, String text) {
        return new Flood("eth0", protocol, 100_000, text);
    }

    private List<String> told() {
        return events.after(0, 10).stream()
                .map(event -> event.kind() + " " + event.severity() + " " + event.subject() + ": " + event.text())
                .toList();
    }

    @Test
    void eachIsToldOnceAMinuteWhileItLasts() {
        floods.look(List.of(), -SECOND);
        floods.look(List.of(flood(Flood.Protocol.ARP, "a")), 0);
        floods.look(List.of(flood(Flood.Protocol.ARP, "b")), SECOND);
        floods.look(List.of(), 2 * SECOND);
        floods.look(List.of(flood(Flood.Protocol.VRRP, "c"), flood(Flood.Protocol.ARP, "d")), 59 * SECOND);
        floods.look(List.of(flood(Flood.Protocol.VRRP, "e"), flood(Flood.Protocol.ARP, "f")), 60 * SECOND);
        assertEquals(
                List.of("link-flood WARNING eth0: a", "link-flood WARNING eth0: c", "link-flood WARNING eth0: f"),
                told());
    }
}
