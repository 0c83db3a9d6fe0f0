package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.Seed;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FloodMeterTest {
    private static final long LOOK = 200_000_000L;
    private static final long SECOND = 1_000_000_000L;
    private static final LinkSample ARP = arp(0x02_00_00_00_00_17L);

    private final FloodMeter meter = new FloodMeter();
    // Anywhere on the scale of System.nanoTime(), also before it passes 0.
    private long now = -3 * SECOND;

    private static LinkSample arp(long mac) {
        return new LinkSample(Flood.Protocol.ARP, new Mac(mac), AdvertisementTest.ip("10.77.0.223"), 0, false, "");
    }

    private static LinkSample advert(long mac, int vrid, boolean isOurs, String fault) {
        return new LinkSample(
                Flood.Protocol.VRRP, new Mac(mac), AdvertisementTest.ip("10.77.0.12"), vrid, isOurs, fault);
    }

    private Map<Flood.Protocol, Long> look(LinkSample sample, int count, long lost) {
        now += LOOK;
        return meter.looked(Collections.nCopies(count, sample), lost, now);
    }

    private List<Flood> floods() {
        return meter.floods("eth0");
    }

    private String said() {
        assertEquals(1, floods().size(), floods()::toString);
        return floods().getFirst().explanation();
    }

    @Test
    void tellsHowManyThereAreAndOfWhom() {
        for (int i = 0; i < 10; i++) {
            look(ARP, 29, 0);
        }
        assertEquals(
                "about 150,000 ARP packets a second arrive on eth0 (last from 10.77.0.223, MAC 02:00:00:00:00:17):"
                        + " find that MAC address on the switch, and stop that machine or shut its port; a loop between"
                        + " switches looks the same",
                said());
        assertEquals(150_000, floods().getFirst().perSecond());
    }

    @Test
    void isSaidFromItsThresholdOnAndUntilHalfOfIt() {
        look(ARP, 19, 0);
        assertEquals(List.of(), floods());
        look(ARP, 1, 0);
        assertEquals(10_000, floods().getFirst().perSecond());
        for (int i = 0; i < 8; i++) {
            look(ARP, 1, 0);
        }
        assertEquals(1, floods().size());
        // Ten samples make 5,120 a second, nine are too few.
        look(ARP, 1, 0);
        assertEquals(1, floods().size());
        look(ARP, 0, 0);
        assertEquals(List.of(), floods());
        for (int i = 0; i < 10; i++) {
            look(ARP, i % 2 == 0 ? 2 : 1, 0);
        }
        assertEquals(List.of(), floods());
    }

    @Test
    void isOverTwoSecondsAfterItsEnd() {
        for (int i = 0; i < 20; i++) {
            look(ARP, 1_000, 0);
        }
        long end = now;
        while (now - end < FloodMeter.WINDOW_NANOS) {
            assertTrue(now - end == 0 || !floods().isEmpty());
            look(ARP, 0, 0);
        }
        assertEquals(List.of(), floods());
    }

    @Test
    void whatFoundNoRoomCountsLikeWhatWasRead() {
        assertEquals(Map.of(Flood.Protocol.ARP, 102_400L), look(ARP, 40, 60));
        assertEquals(51_000, floods().getFirst().perSecond());
        assertEquals(Map.of(), look(ARP, 0, 0));
    }

    @Test
    void whatCameTogetherWhileNobodyLookedIsNoFlood() {
        look(ARP, 0, 0);
        now += 60 * SECOND;
        // 40 in a minute are 700 packets a second.
        assertEquals(Map.of(Flood.Protocol.ARP, 40_960L), look(ARP, 40, 0));
        assertEquals(List.of(), floods());
    }

    @Test
    void aNetworkAtWorkSaysNothingForAnHour() {
        long seed = Seed.ofThisRun();
        Random random = new Random(seed);
        for (int i = 0; i < 18_000; i++) {
            int samples = 0;
            for (int packet = 0; packet < 1_000 / 5; packet++) {
                samples += random.nextInt(FloodMeter.ONE_IN) == 0 ? 1 : 0;
            }
            look(ARP, samples, 0);
            assertEquals(List.of(), floods(), () -> "seed " + seed);
        }
    }

    @Test
    void protocolsAreTwoFloods() {
        List<LinkSample> both = new ArrayList<>(Collections.nCopies(40, ARP));
        both.addAll(Collections.nCopies(40, advert(1, 77, false, "")));
        meter.looked(both, 0, now);
        assertEquals(
                List.of(Flood.Protocol.VRRP, Flood.Protocol.ARP),
                floods().stream().map(Flood::protocol).toList());
    }

    @Test
    void damagedAdvertisementsAreSaidWithTheirReason() {
        look(advert(0x17, 51, true, "checksum"), 30, 0);
        assertTrue(
                said().startsWith("about 15,000 VRRP packets a second are discarded on eth0: checksum (last from"
                        + " 10.77.0.12, MAC 00:00:00:00:00:17, VRID 51): "),
                said());
    }

    @Test
    void advertisementsOfOthersAreSaidWithTheLastId() {
        now += LOOK;
        List<LinkSample> samples = new ArrayList<>();
        for (int vrid = 1; vrid <= 50; vrid++) {
            samples.add(advert(0x17, vrid, false, ""));
        }
        meter.looked(samples, 0, now);
        assertTrue(
                said().startsWith("about 26,000 VRRP packets a second arrive on eth0 for VRIDs that are not used here"
                        + " (last from 10.77.0.12, MAC 00:00:00:00:00:17, VRID 50): "),
                said());
    }

    @Test
    void advertisementsForARouterHereAreSaidWithItsId() {
        look(advert(0x17, 51, true, ""), 30, 0);
        assertTrue(
                said().contains(" arrive on eth0 for VRID 51 (last from 10.77.0.12, MAC 00:00:00:00:00:17): "), said());
    }

    @Test
    void whoFloodsIsNamedBeforeWhoSpeaksMeanwhile() {
        look(ARP, 30, 0);
        look(arp(0x99), 10, 0);
        assertTrue(said().contains("(last from 10.77.0.223, MAC 02:00:00:00:00:17): "), said());
    }

    @Test
    void whoIsMadeUpIsSaidToBeOneOfMany() {
        List<LinkSample> samples = new ArrayList<>();
        for (int i = 1; i <= 50; i++) {
            samples.add(arp(i));
        }
        meter.looked(samples, 0, now);
        assertTrue(said().contains("(last from 10.77.0.223, MAC 00:00:00:00:00:32, and many others): "), said());
    }

    @Test
    void whatIsRememberedIsBounded() {
        for (int i = 0; i < 9; i++) {
            look(ARP, FloodMeter.MOST, 0);
        }
        long most = FloodMeter.MOST * (long) FloodMeter.ONE_IN / 2;
        assertTrue(floods().getFirst().perSecond() <= most * 1.1, floods()::toString);
    }
}
