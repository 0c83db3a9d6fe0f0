package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.testkit.RealTime;
import io.hawser.vrrp.election.RouterState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Listening beside a speaker, and on a host that does not speak. */
@Tag("netns")
@RealTime
class AdvertTapNetnsTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    private static AdvertTap tap(Lab lab, int last, RouterSpec... expected) throws Exception {
        AdvertTap tap = lab.host(last).call(() -> AdvertTap.open("eth0", List.of(expected)));
        assertNotNull(tap);
        return tap;
    }

    private static ObservedAdvert next(AdvertTap tap) {
        ObservedAdvert sighting = tap.next(SOON);
        assertNotNull(sighting);
        return sighting;
    }

    @Test
    void hearsItsOwnHostAndOthersAndDisturbsNobody() throws Exception {
        try (Lab lab = new Lab(11, 12)) {
            RouterSpec spec = Lab.spec(11, 200);
            VrrpSpeaker speaker = lab.speak(11, spec);
            lab.awaitOnly(11, SOON);
            try (AdvertTap here = tap(lab, 11, spec);
                    AdvertTap there = tap(lab, 12)) {
                ObservedAdvert sent = next(here);
                ObservedAdvert arrived = next(there);
                assertTrue(sent.isOutgoing());
                assertFalse(arrived.isOutgoing());
                for (ObservedAdvert each : List.of(sent, arrived)) {
                    assertEquals(Lab.address(11), each.source());
                    assertEquals(255, each.ttl());
                    assertEquals(51, each.vrid());
                    ObservedAdvert.Content content = each.content().orElseThrow();
                    assertEquals(200, content.priority());
                    assertEquals(Duration.ofMillis(100), content.interval());
                    assertEquals(List.of(Lab.VIP), content.addresses());
                    assertEquals(List.of(), each.warnings());
                }
                lab.stays("nothing moves", Duration.ofMillis(500), () -> lab.holds(11));
            }
            long sentBefore = speaker.routersNow().getFirst().advertsSent();
            lab.await("it goes on", SOON, () -> speaker.routersNow().getFirst().advertsSent() > sentBefore + 1);
            assertEquals(RouterState.ACTIVE, speaker.routersNow().getFirst().state());
            assertTrue(lab.told.stream().noneMatch(each -> each.contains("cannot")), lab.told::toString);
        }
    }

    @Test
    void warnsOfAKeepalivedOfAnotherClusterWithTheSameId() throws Exception {
        assumeTrue(Lab.isInstalled("keepalived"), "keepalived is not installed");
        try (Lab lab = new Lab(11, 12)) {
            lab.keepalived(Dialect.V3_MULTICAST, 12, 150, 11, "state BACKUP");
            lab.awaitOnly(12, SOON);
            List<String> warnings = new ArrayList<>();
            // A configuration whose other node is 13.
            try (AdvertTap tap = tap(lab, 11, Lab.spec(11, 150, 13))) {
                ObservedAdvert sighting = next(tap);
                assertEquals("pseudo-header", sighting.content().orElseThrow().checksum());
                warnings.addAll(sighting.warnings());
            }
            assertTrue(warnings.getFirst().contains("its sender is not one of the nodes"), warnings::toString);
            assertTrue(warnings.get(1).contains("this node has the same priority"), warnings::toString);
        }
    }

    @Test
    void silenceAndAMissingInterfaceAreNull() throws Exception {
        try (Lab lab = new Lab(11)) {
            try (AdvertTap tap = tap(lab, 11)) {
                lab.host(11).run("ip", "link", "set", "eth0", "down");
                assertNull(tap.next(Duration.ofMillis(50)));
            }
            assertNull(lab.host(11).call(() -> AdvertTap.open("eth7", List.of())));
        }
    }
}
