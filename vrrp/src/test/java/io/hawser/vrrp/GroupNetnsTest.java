package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.RealTime;
import io.hawser.vrrp.election.Fitness;
import io.hawser.vrrp.election.RouterState;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An IPv4 and an IPv6 router in one group, by the real speaker on two hosts. */
@Tag("netns")
@RealTime
class GroupNetnsTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final List<InetAddress> SIX =
            List.of(AdvertisementTest.ip("fe80::99"), AdvertisementTest.ip("fd00::99"));

    private static RouterSpec grouped(RouterSpec spec) {
        return new RouterSpec(
                spec.name(),
                spec.vrid(),
                spec.protocol(),
                spec.carrier(),
                spec.holding(),
                spec.nodes(),
                spec.intervals(),
                spec.takeover(),
                Optional.of("pair"));
    }

    private static RouterSpec[] pair(int last, int priority) {
        return new RouterSpec[] {
            grouped(Lab.preempting(Lab.spec(last, priority))),
            grouped(Lab.preempting(VrrpSpeakerNetnsTest.six(last, priority, SIX)))
        };
    }

    private static boolean both(VrrpSpeaker speaker, RouterState state) {
        return speaker.routersNow().stream().allMatch(router -> router.state() == state);
    }

    private static boolean isOn(VrrpSpeaker holder, VrrpSpeaker other) {
        return both(holder, RouterState.ACTIVE) && both(other, RouterState.BACKUP);
    }

    /** Whether every router has heard so many advertisements more. */
    private static boolean heardMore(VrrpSpeaker speaker, List<RouterStatus> before, int more) {
        List<RouterStatus> now = speaker.routersNow();
        for (int i = 0; i < now.size(); i++) {
            if (now.get(i).advertsReceived() < before.get(i).advertsReceived() + more) {
                return false;
            }
        }
        return true;
    }

    @Test
    void theReasonOfOneRouterKeepsBothAwayAndBothReturn() throws Exception {
        try (Lab lab = new Lab(11, 12)) {
            VrrpSpeaker first = lab.speak(11, pair(11, 200));
            lab.await("11 has both", SOON, () -> both(first, RouterState.ACTIVE));
            VrrpSpeaker second = lab.speak(12, pair(12, 190));
            lab.await("12 follows", SOON, () -> isOn(first, second) && heardMore(second, second.routersNow(), 0));

            first.fitness("api6", Fitness.UNFIT, "its listener is gone");
            lab.await("both are on 12", SOON, () -> isOn(second, first));
            lab.await(
                    "told", SOON, () -> lab.isTold("11 backup unfit: router api6 of the group: its listener is gone"));
            assertTrue(lab.holds(12) && !lab.holds(11));
            assertEquals(1, first.routersNow().getFirst().priority(), "the IPv4 router is unfit with the other one");

            // Without the group the better IPv4 router would have preempted by the fifth advertisement that it hears.
            List<RouterStatus> before = first.routersNow();
            lab.await("20 advertisements more", SOON, () -> heardMore(first, before, 20));
            assertTrue(isOn(second, first), () -> lab.told.toString());

            first.fitness("api6", Fitness.FIT, "its listener is back");
            lab.await("both are back", SOON, () -> isOn(first, second));
            lab.await("and the address", SOON, () -> lab.holds(11) && !lab.holds(12));
        }
    }

    @Test
    void bothMoveTogetherWhenTheirNodeStops() throws Exception {
        try (Lab lab = new Lab(11, 12)) {
            VrrpSpeaker first = lab.speak(11, pair(11, 200));
            lab.await("11 has both", SOON, () -> both(first, RouterState.ACTIVE));
            VrrpSpeaker second = lab.speak(12, pair(12, 190));
            lab.await(
                    "12 follows",
                    SOON,
                    () -> isOn(first, second)
                            && second.routersNow().stream().allMatch(router -> router.active() != null));
            assertTrue(first.stop(Duration.ofSeconds(2)));
            lab.await("12 has both", SOON, () -> both(second, RouterState.ACTIVE));
            lab.await("told", SOON, () -> lab.isTold("12 active group-active"));
        }
    }
}
