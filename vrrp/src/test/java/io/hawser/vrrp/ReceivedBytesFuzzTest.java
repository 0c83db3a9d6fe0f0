package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.hawser.sysctl.linux.Family;
import io.hawser.testkit.Corpus;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What anybody on the link can send: nothing of it may throw, and what is accepted means what was sent. */
@Tag("fuzz")
class ReceivedBytesFuzzTest {
    private static final String FRAMES = "ReceivedBytesFuzzTestInputs/frames";
    private static final String CLAIMS = "ReceivedBytesFuzzTestInputs/claims";
    private static final Decoded.Context IPV4 = context("10.99.0.12", "224.0.0.18");
    private static final Decoded.Context IPV6 = context("fe80::12", "ff02::12");
    private static final int CHECKSUM_AT = 6;

    private static Decoded.Context context(String source, String destination) {
        return new Decoded.Context(AdvertisementTest.ip(source), AdvertisementTest.ip(destination), 255);
    }

    @FuzzTest(maxDuration = "3m")
    void frames(byte[] bytes) {
        VrrpFrame frame = VrrpFrame.read(ByteBuffer.wrap(bytes));
        if (frame != null) {
            message(frame.message(), new Decoded.Context(frame.source(), frame.destination(), 255));
        }
        message(ByteBuffer.wrap(bytes), IPV4);
        message(ByteBuffer.wrap(bytes), IPV6);
        AdvertHistory ledger = new AdvertHistory(List.of(Lab.spec(11, 200)));
        for (int i = 1; i <= 2; i++) {
            ObservedAdvert sighting = ledger.on(ByteBuffer.wrap(bytes), false, Instant.EPOCH, i);
            assertEquals(frame == null, sighting == null);
        }
        LinkSample sample = LinkSample.read(ByteBuffer.wrap(bytes), Map.of(Family.IPV4, Set.of(51)));
        assertTrue(frame == null || sample != null);
        if (sample != null) {
            assertFalse((sample.what("eth0") + sample.who()).isEmpty());
        }
    }

    private static void message(ByteBuffer message, Decoded.Context context) {
        read(message, context);
        // With the checksum made good, so that what comes after that check is reached too.
        if (message.remaining() >= CHECKSUM_AT + 2) {
            for (ChecksumForm form : ChecksumForm.values()) {
                read(mended(message, context, form), context);
            }
        }
    }

    private static ByteBuffer mended(ByteBuffer message, Decoded.Context context, ChecksumForm form) {
        ByteBuffer copy = ByteBuffer.allocate(message.remaining()).put(message.duplicate());
        boolean six = Family.of(context.source()) == Family.IPV6;
        int data = (copy.get(0) & 0xFF) >> 4 == 2 ? Authentication.LENGTH : 0;
        int claimed = 8 + (copy.get(3) & 0xFF) * (six ? 16 : 4) + data;
        copy.position(0).limit(Math.min(claimed, copy.capacity()));
        copy.putShort(CHECKSUM_AT, (short) 0);
        long sum = InternetChecksum.sum(copy);
        if (form == ChecksumForm.PSEUDO_HEADER) {
            sum += InternetChecksum.pseudoHeader(
                    context.source(), context.destination(), Advertisement.PROTOCOL, copy.limit());
        }
        return copy.putShort(CHECKSUM_AT, (short) InternetChecksum.finish(sum));
    }

    private static void read(ByteBuffer message, Decoded.Context context) {
        if (Advertisement.decode(message, context) instanceof Decoded.Ok(Advertisement advert, ChecksumForm form)) {
            assertTrue(advert.version() == 2 || advert.version() == 3, advert::toString);
            assertTrue(advert.intervalNanos() > 0 && !advert.addresses().isEmpty(), advert::toString);
            Family family = Family.of(context.source());
            // An IPv4-mapped address in an IPv6 list is shown as IPv4, and never sent.
            if (advert.addresses().stream().allMatch(each -> Family.of(each) == family)) {
                ByteBuffer again = ByteBuffer.allocate(advert.length());
                advert.encode(again, context.source(), context.destination(), form);
                assertEquals(new Decoded.Ok(advert, form), Advertisement.decode(again.flip(), context));
            }
        }
    }

    @FuzzTest(maxDuration = "3m")
    void claims(byte[] bytes) {
        ByteBuffer frame = ByteBuffer.wrap(bytes).asReadOnlyBuffer();
        LinkSample sample = LinkSample.read(frame, Map.of());
        assertTrue(bytes.length >= 14 || sample == null);
        if (NeighborObservation.ofArp(frame) instanceof NeighborObservation.Stated stated) {
            assertEquals(Family.IPV4, Family.of(stated.address()));
        }
        for (int from : new int[] {0, 54}) {
            if (bytes.length >= from) {
                ByteBuffer message = frame.slice(from, bytes.length - from);
                if (NeighborObservation.ofNeighborAdvertisement(message, 255)
                        instanceof NeighborObservation.Stated stated) {
                    assertEquals(Family.IPV6, Family.of(stated.address()));
                }
            }
        }
    }

    @Test
    void everyCapturedAdvertisementIsAccepted() {
        for (byte[] bytes : Corpus.read(ReceivedBytesFuzzTest.class, FRAMES)) {
            VrrpFrame frame = VrrpFrame.read(ByteBuffer.wrap(bytes));
            assertNotNull(frame);
            Decoded.Context context = new Decoded.Context(frame.source(), frame.destination(), frame.ttl());
            assertInstanceOf(Decoded.Ok.class, Advertisement.decode(frame.message(), context));
        }
    }

    @Test
    void damagedFramesAreRead() {
        Corpus.damaged(ReceivedBytesFuzzTest.class, FRAMES, this::frames);
    }

    @Test
    void damagedClaimsAreRead() {
        Corpus.damaged(ReceivedBytesFuzzTest.class, CLAIMS, this::claims);
    }
}
