package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.lb.admin.Metrics;
import io.hawser.vrrp.Flood;
import io.hawser.vrrp.Reason;
import io.hawser.vrrp.SpeakerStatus;
import io.hawser.vrrp.election.AlarmKind;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StatusViewTest {

    private static Map<String, Long> reasons(ToLongFunction<Reason> count) {
        return Stream.of(Reason.values()).collect(Collectors.toMap(Reason::label, count::applyAsLong));
    }

    private static Map<String, Long> kinds(ToLongFunction<AlarmKind> count) {
        return Stream.of(AlarmKind.values()).collect(Collectors.toMap(AlarmKind::label, count::applyAsLong));
    }

    @Test
    void everyReasonAndKindIsZeroUntilItIsSeenSoThatItsFirstTimeCounts() {
        SpeakerStatus started =
                new SpeakerStatus(List.of(), Map.of(), 0, Map.of(), List.of(), Map.of(), 0, "granted", "granted");
        for (Metrics.VrrpSample sample : List.of(StatusView.vrrpSample(null), StatusView.vrrpSample(started))) {
            assertEquals(reasons(_ -> 0), sample.discarded());
            assertEquals(kinds(_ -> 0), sample.alarms());
            assertEquals(Map.of("vrrp", 0L, "arp", 0L, "neighbor-discovery", 0L), sample.arrived());
        }
    }

    @Test
    void everyReasonAndKindHasItsCount() {
        Map<Reason, Long> discarded = Stream.of(Reason.values())
                .collect(Collectors.toMap(reason -> reason, reason -> 10L + reason.ordinal()));
        Map<AlarmKind, Long> alarms =
                Stream.of(AlarmKind.values()).collect(Collectors.toMap(kind -> kind, kind -> 100L + kind.ordinal()));
        SpeakerStatus busy = new SpeakerStatus(
                List.of(), discarded, 3, alarms, List.of(), Map.of(Flood.Protocol.ARP, 7L), 0, "granted", "granted");
        Metrics.VrrpSample sample = StatusView.vrrpSample(busy);
        assertEquals(reasons(reason -> 10L + reason.ordinal()), sample.discarded());
        assertEquals(kinds(kind -> 100L + kind.ordinal()), sample.alarms());
        assertEquals(3, sample.conflicts());
        assertEquals(7L, sample.arrived().get("arp"));
    }
}
