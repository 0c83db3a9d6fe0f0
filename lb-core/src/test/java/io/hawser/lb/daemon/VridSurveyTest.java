package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.vrrp.ObservedAdvert;
import io.hawser.vrrp.RouterSpec;
import io.hawser.vrrp.VirtualAddress;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VridSurveyTest {
    private static final Duration LENGTH = Duration.ofSeconds(4);

    private static InetAddress ip(String text) {
        return InetAddress.ofLiteral(text);
    }

    private static RouterSpec router(int vrid, String... addresses) {
        return new RouterSpec(
                "api",
                vrid,
                new RouterSpec.Protocol(3, RouterSpec.Transport.MULTICAST, RouterSpec.Checksum.AUTO, Optional.empty()),
                new RouterSpec.Carrier("eth0", false),
                new RouterSpec.Holding(
                        List.of(addresses).stream()
                                .map(each -> new VirtualAddress(ip(each), each.contains(":") ? 128 : 32))
                                .toList(),
                        Optional.empty(),
                        RouterSpec.Announce.DEFAULT,
                        true),
                new RouterSpec.Nodes(ip("10.77.0.11"), 200, List.of(ip("10.77.0.12")), Map.of()),
                new RouterSpec.Intervals(Duration.ofMillis(100), Duration.ofSeconds(1)),
                new RouterSpec.Takeover(RouterSpec.Preempt.NEVER, Duration.ZERO),
                Optional.empty());
    }

    private static ObservedAdvert sighting(int vrid, String source, boolean isOutgoing, String... addresses) {
        return new ObservedAdvert(
                Instant.EPOCH,
                isOutgoing,
                "02:00:00:00:00:01",
                ip(source),
                ip(source.contains(":") ? "ff02::12" : "224.0.0.18"),
                255,
                vrid,
                Optional.of(new ObservedAdvert.Content(
                        3,
                        150,
                        Duration.ofSeconds(1),
                        List.of(addresses).stream().map(VridSurveyTest::ip).toList(),
                        "message",
                        "none")),
                List.of());
    }

    private static String judged(boolean isConflict, List<RouterSpec> routers, ObservedAdvert... heard) {
        List<VridSurvey.Finding> findings = VridSurvey.judge(routers, List.of(heard), LENGTH);
        assertEquals(isConflict, findings.stream().anyMatch(VridSurvey.Finding::isConflict), "" + findings);
        return String.join("\n", findings.stream().map(VridSurvey.Finding::text).toList());
    }

    @Test
    void silenceIsNoConflict() {
        String text = judged(false, List.of(router(51, "10.77.0.10")));
        assertEquals("VRID 51 (\"api\"): no other sender heard in 4 s", text);
    }

    @Test
    void theNodesThemselvesAreExpected() {
        String text = judged(
                false,
                List.of(router(51, "10.77.0.10")),
                sighting(51, "10.77.0.12", false, "10.77.0.10"),
                sighting(51, "10.77.0.66", true, "10.77.0.10"));
        assertTrue(text.contains("is used by 10.77.0.12 (02:00:00:00:00:01), version 3, priority 150, one of"), text);
    }

    @Test
    void aStrangerIsAConflictAndFreeIdsAreProposed() {
        String text = judged(
                true,
                List.of(router(51, "10.77.0.10"), router(1, "10.77.0.9")),
                sighting(51, "10.77.0.66", false, "10.77.0.10"),
                sighting(3, "10.77.0.67", false, "10.77.0.8"));
        assertTrue(text.contains("is used by 10.77.0.66"), text);
        assertTrue(text.contains("which is not one of the nodes"), text);
        assertTrue(text.contains("free here, as far as was heard: 2, 4, 5"), text);
    }

    @Test
    void aNodeWithOtherAddressesIsAConflict() {
        String text = judged(true, List.of(router(51, "10.77.0.10")), sighting(51, "10.77.0.12", false, "10.77.0.99"));
        assertTrue(text.contains("with other addresses: 10.77.0.99"), text);
    }

    @Test
    void overIpv6TheAddressesTellWhoItIs() {
        List<RouterSpec> routers = List.of(router(51, "fe80::99", "fd00::99"));
        judged(false, routers, sighting(51, "fe80::12", false, "fe80::99", "fd00::99"));
        judged(true, routers, sighting(51, "fe80::12", false, "fe80::1", "fd00::1"));
        // The same id of the other family is another virtual router.
        judged(false, routers, sighting(51, "10.77.0.66", false, "10.77.0.10"));
    }

    @Test
    void aUsedUpNetworkIsSaidToBeOne() {
        List<ObservedAdvert> all = new ArrayList<>();
        for (int vrid = 1; vrid <= 255; vrid++) {
            all.add(sighting(vrid, "10.77.0.66", false, "10.77.0.99"));
        }
        String text = judged(true, List.of(router(51, "10.77.0.10")), all.toArray(ObservedAdvert[]::new));
        assertTrue(text.contains("every VRID is used here"), text);
        assertFalse(text.contains("free here"), text);
    }
}
