package io.hawser.vrrp;

import static io.hawser.vrrp.AdvertisementTest.ip;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AdvertHistoryTest {

    private static final long MILLISECOND = 1_000_000L;
    private static final String LB2 = "10.99.0.12";
    private static final String STRANGER = "10.99.0.66";
    private static final RouterSpec OWN = Lab.spec(11, 200, 3, RouterSpec.Checksum.AUTO, Optional.empty(), 12);

    private final AdvertHistory unconfigured = new AdvertHistory(List.of());
    private final AdvertHistory configured = new AdvertHistory(List.of(OWN));
    private long now;

    private static Advertisement advert(int priority) {
        return new Advertisement(3, 51, priority, 100 * MILLISECOND, List.of(Lab.VIP), Authentication.NONE);
    }

    private static Advertisement version2(Authentication authentication) {
        return new Advertisement(2, 51, 100, 1_000 * MILLISECOND, List.of(Lab.VIP), authentication);
    }

    /** A whole frame from a MAC address that ends as the source does. */
    private static ByteBuffer frame(String from, int ttl, Advertisement advert) {
        InetAddress source = ip(from);
        boolean six = source instanceof Inet6Address;
        InetAddress destination = six ? MulticastGroup.IPV6 : MulticastGroup.IPV4;
        ByteBuffer out = ByteBuffer.allocate(1_500);
        out.put(HexFormat.of().parseHex(six ? "333300000012" : "01005e000012"))
                .put(HexFormat.of().parseHex("0200000000"))
                .put(source.getAddress()[source.getAddress().length - 1])
                .putShort((short) (six ? 0x86DD : 0x0800));
        if (six) {
            out.putInt(0x6c000000)
                    .putShort((short) advert.length())
                    .put((byte) 112)
                    .put((byte) ttl);
        } else {
            out.put((byte) 0x45).put((byte) 0xc0).putShort((short) (20 + advert.length()));
            out.putInt(0x4000).put((byte) ttl).put((byte) 112).putShort((short) 0);
        }
        out.put(source.getAddress()).put(destination.getAddress());
        advert.encode(
                out, source, destination, advert.version() == 2 ? ChecksumForm.MESSAGE : ChecksumForm.PSEUDO_HEADER);
        return out.flip();
    }

    /** A tenth of a second later something is heard. */
    private ObservedAdvert hears(AdvertHistory ledger, ByteBuffer frame) {
        now += 100 * MILLISECOND;
        ObservedAdvert sighting = ledger.on(frame, false, Instant.EPOCH, now);
        assertNotNull(sighting);
        return sighting;
    }

    private static void assertWarned(ObservedAdvert sighting, String... texts) {
        assertEquals(texts.length, sighting.warnings().size(), () -> "" + sighting.warnings());
        for (int i = 0; i < texts.length; i++) {
            String warning = sighting.warnings().get(i);
            assertTrue(warning.contains(texts[i]), warning);
        }
    }

    @Test
    void tellsEverythingThatAnAdvertisementSays() {
        ObservedAdvert sighting = hears(unconfigured, frame(LB2, 255, advert(190)));
        assertEquals("02:00:00:00:00:0c", sighting.mac());
        assertEquals(ip(LB2), sighting.source());
        assertEquals(MulticastGroup.IPV4, sighting.destination());
        assertEquals(51, sighting.vrid());
        assertEquals(
                Optional.of(new ObservedAdvert.Content(
                        3, 190, Duration.ofMillis(100), List.of(Lab.VIP), "pseudo-header", "none")),
                sighting.content());
        assertWarned(sighting);
        assertEquals(
                "message",
                hears(unconfigured, frame(STRANGER, 255, version2(Authentication.NONE)))
                        .content()
                        .orElseThrow()
                        .checksum());
    }

    @Test
    void neverTellsThePassword() {
        ObservedAdvert sighting =
                hears(unconfigured, frame(LB2, 255, version2(Authentication.pass(new Password("s3cret")))));
        assertEquals("pass", sighting.content().orElseThrow().authentication());
        assertTrue(!sighting.toString().contains("s3cret"), sighting::toString);
    }

    @Test
    void readsIpv6() {
        Advertisement six = new Advertisement(
                3, 51, 190, 100 * MILLISECOND, List.of(ip("fe80::99"), ip("fd00::99")), Authentication.NONE);
        ObservedAdvert sighting = hears(configured, frame("fe80::12", 255, six));
        assertEquals(six.addresses(), sighting.content().orElseThrow().addresses());
        assertWarned(sighting);
        assertWarned(hears(configured, frame("fe80::13", 64, six)), "hop limit 64", "same priority");
    }

    @Test
    void warnsOfWhatIsAgainstTheRules() {
        assertWarned(hears(unconfigured, frame(LB2, 64, advert(190))), "TTL 64 instead of 255");
        ByteBuffer damaged = frame(LB2, 255, advert(190));
        damaged.put(damaged.limit() - 1, (byte) 99);
        ObservedAdvert bad = hears(unconfigured, damaged);
        assertWarned(bad, "bad checksum");
        assertEquals(Optional.empty(), bad.content());
        assertEquals(51, bad.vrid());
    }

    @Test
    void whatIsNoVrrpIsNothing() {
        assertNull(unconfigured.on(ByteBuffer.allocate(60), false, Instant.EPOCH, 0));
        ByteBuffer fragment = frame(LB2, 255, advert(190)).putShort(20, (short) 0x2000);
        assertNull(unconfigured.on(fragment, false, Instant.EPOCH, 0));
    }

    @Test
    void warnsOfTwoActiveNodesAndNotOfATakeover() {
        assertWarned(hears(unconfigured, frame(LB2, 255, advert(190))));
        assertWarned(hears(unconfigured, frame(STRANGER, 255, advert(200))));
        assertWarned(hears(unconfigured, frame(STRANGER, 255, advert(200))));
        assertWarned(hears(unconfigured, frame(LB2, 255, advert(190))), "two nodes are active at once: " + LB2);
        assertWarned(hears(unconfigured, frame(STRANGER, 255, advert(200))), "two nodes are active at once");
        assertWarned(hears(unconfigured, frame(LB2, 255, advert(190))));
    }

    @Test
    void aNodeThatCameBackAfterItWasReplacedIsNotTwo() {
        hears(unconfigured, frame(LB2, 255, advert(190)));
        hears(unconfigured, frame(LB2, 255, advert(0)));
        hears(unconfigured, frame(STRANGER, 255, advert(200)));
        hears(unconfigured, frame(STRANGER, 255, advert(0)));
        assertWarned(hears(unconfigured, frame(LB2, 255, advert(190))));
        hears(unconfigured, frame(STRANGER, 255, advert(200)));
        now += 1_000 * MILLISECOND;
        assertWarned(hears(unconfigured, frame(LB2, 255, advert(190))));
    }

    @Test
    void comparesSendersOfOneVridWithEachOther() {
        hears(unconfigured, frame(LB2, 255, advert(190)));
        Advertisement other =
                new Advertisement(3, 51, 190, 1_000 * MILLISECOND, List.of(ip("10.99.0.9")), Authentication.NONE);
        assertWarned(
                hears(unconfigured, frame(STRANGER, 255, other)),
                LB2 + " advertised the same priority",
                LB2 + " advertises every 100 ms",
                LB2 + " advertises 10.99.0.10");
        Advertisement elsewhere =
                new Advertisement(3, 52, 190, 1_000 * MILLISECOND, List.of(ip("10.99.0.9")), Authentication.NONE);
        assertWarned(hears(unconfigured, frame(STRANGER, 255, elsewhere)));
    }

    @Test
    void comparesWithTheConfiguration() {
        assertWarned(hears(configured, frame(LB2, 255, advert(190))));
        assertWarned(hears(configured, frame(STRANGER, 255, advert(180))), "its sender is not one of the nodes");
        now += 1_000 * MILLISECOND;
        assertWarned(hears(configured, frame(LB2, 255, advert(200))), "this node has the same priority");
        Advertisement other = new Advertisement(
                3, 51, 190, 1_000 * MILLISECOND, List.of(Lab.VIP, ip("10.99.0.9")), Authentication.NONE);
        assertWarned(
                hears(configured, frame(LB2, 255, other)),
                "whose advertisement-interval is 100 ms",
                "whose addresses are 10.99.0.10/32");
    }

    @Test
    void aPeerOfAnotherVersionOrAuthenticationIsSaidNotToBeHeard() {
        assertWarned(
                hears(configured, frame(LB2, 255, version2(Authentication.NONE))),
                "which has version 3: they do not hear each other",
                "advertisement-interval");
        AdvertHistory secret =
                new AdvertHistory(List.of(Lab.spec(11, 200, 2, RouterSpec.Checksum.AUTO, Optional.of("s3cret"), 12)));
        assertWarned(hears(secret, frame(LB2, 255, version2(Authentication.NONE))), "whose authentication is pass");
    }

    @Test
    void whatThisHostSendsIsNotTakenForAStranger() {
        ObservedAdvert own = configured.on(frame("10.99.0.11", 255, advert(200)), true, Instant.EPOCH, 1);
        assertNotNull(own);
        assertTrue(own.isOutgoing());
        assertWarned(own);
    }

    @Test
    void theSameWarningComesOnceAMinute() {
        assertWarned(hears(unconfigured, frame(LB2, 64, advert(190))), "TTL 64");
        assertWarned(hears(unconfigured, frame(LB2, 64, advert(190))));
        now += 60_000 * MILLISECOND;
        assertWarned(hears(unconfigured, frame(LB2, 64, advert(190))), "TTL 64");
    }

    @Test
    void forgedSendersDoNotFillTheMemory() {
        for (int i = 0; i < 1_000; i++) {
            String source = "10.99." + (1 + i / 250) + "." + (1 + i % 250);
            hears(unconfigured, frame(source, 255, advert(190)));
        }
        assertTrue(unconfigured.rememberedSenders() <= 64, () -> "" + unconfigured.rememberedSenders());
    }
}
