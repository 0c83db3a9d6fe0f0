package io.hawser.vrrp;

import io.hawser.vrrp.election.AlarmKind;
import java.util.List;
import java.util.Map;

/**
 * A speaker at one moment. Immutable.
 *
 * @param routers its virtual routers, in the order of the specs
 * @param discarded packets discarded since the start, by reason
 * @param conflicts how often another machine claimed a held address
 * @param alarms what a human should look at: how often each was seen, also where it was not told again
 * @param floods what arrives in numbers that no working network has
 * @param arrived about how many packets have arrived since the start that anybody on the network can flood with
 * @param failures inputs that made this program fail, and were skipped
 * @param realtime whether the vrrp thread runs at real-time priority; why not, in words, otherwise
 * @param memory whether memory is locked; why not, in words, otherwise
 */
public record SpeakerStatus(
        List<RouterStatus> routers,
        Map<DiscardReason, Long> discarded,
        long conflicts,
        Map<AlarmKind, Long> alarms,
        List<Flood> floods,
        Map<Flood.Protocol, Long> arrived,
        long failures,
        String realtime,
        String memory) {
    public SpeakerStatus {
        routers = List.copyOf(routers);
        discarded = Map.copyOf(discarded);
        alarms = Map.copyOf(alarms);
        floods = List.copyOf(floods);
        arrived = Map.copyOf(arrived);
    }
}
