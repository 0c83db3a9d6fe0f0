package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.vrrp.election.AlarmKind;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RateLimitedLogTest {

    private final RateLimitedLog complaints = new RateLimitedLog();

    private int flood(Object kind, int count, long now) {
        int said = 0;
        for (int i = 0; i < count; i++) {
            said += complaints.isDueOfStranger(kind, i, now) ? 1 : 0;
        }
        return said;
    }

    @Test
    void theSameIsSaidOnceAMinuteAndOtherThingsMeanwhile() {
        assertTrue(complaints.isDueOfStranger(DiscardReason.TTL, "a", 0));
        assertFalse(complaints.isDueOfStranger(DiscardReason.TTL, "a", RateLimitedLog.GAP_NANOS - 1));
        assertTrue(complaints.isDueOfStranger(DiscardReason.TTL, "b", 1));
        assertTrue(complaints.isDueOfStranger(DiscardReason.TYPE, "a", 1));
        assertTrue(complaints.isDueOfStranger(DiscardReason.TTL, "a", RateLimitedLog.GAP_NANOS));
        assertFalse(complaints.isDueOfStranger(DiscardReason.TTL, "a", RateLimitedLog.GAP_NANOS + 1));
        assertTrue(complaints.isDue(DiscardReason.TTL, "a", 1));
        assertFalse(complaints.isDue(DiscardReason.TTL, "a", 2));
    }

    @Test
    void aFloodOfNewSubjectsIsSaidUpToItsLimitAndThenMinutely() {
        int said = 0;
        for (int i = 0; i < 100_000; i++) {
            said += complaints.isDueOfStranger("kind", i, i) ? 1 : 0;
        }
        assertEquals(RateLimitedLog.MOST, said);
        assertTrue(
                complaints.isDueOfStranger("kind", "new", RateLimitedLog.GAP_NANOS + 100_000),
                "those of a minute ago are forgotten");
    }

    @Test
    void aFloodOfOneKindSilencesNoOtherKindAndNoKnownSubject() {
        flood(AlarmKind.FOREIGN_SENDER, 1_000, 0);
        assertTrue(complaints.isDueOfStranger(AlarmKind.ADDRESS_CLAIMED, "a", 0));
        assertTrue(complaints.isDue(AlarmKind.FOREIGN_SENDER, "listed", 0));
        assertTrue(complaints.isDue(AlarmKind.CANNOT_SEND, "frames", 0));
    }

    @Test
    void whatIsNotSaidIsCountedAtOnceAndThenEachMinute() {
        flood("a", RateLimitedLog.MOST, 0);
        assertEquals(Map.of(), complaints.more(0), "all were said");
        flood("a", RateLimitedLog.MOST + 7, 0);
        flood("b", RateLimitedLog.MOST + 3, 0);
        assertEquals(Map.of("a", 7L, "b", 3L), complaints.more(1));
        flood("a", RateLimitedLog.MOST + 5, 2);
        assertEquals(Map.of(), complaints.more(RateLimitedLog.GAP_NANOS), "not within a minute");
        assertEquals(Map.of("a", 5L), complaints.more(RateLimitedLog.GAP_NANOS + 1), "but nothing is lost");
        assertEquals(Map.of(), complaints.more(3 * RateLimitedLog.GAP_NANOS));
    }
}
