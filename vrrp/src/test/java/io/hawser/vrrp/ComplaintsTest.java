package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ComplaintsTest {

    private final Complaints complaints = new Complaints();

    @Test
    void theSameIsSaidOnceAMinuteAndOtherThingsMeanwhile() {
        assertTrue(complaints.isDue(List.of(Reason.TTL, "a"), 0));
        assertFalse(complaints.isDue(List.of(Reason.TTL, "a"), Complaints.GAP_NANOS - 1));
        assertTrue(complaints.isDue(List.of(Reason.TTL, "b"), 1));
        assertTrue(complaints.isDue(List.of(Reason.TYPE, "a"), 1));
        assertTrue(complaints.isDue(List.of(Reason.TTL, "a"), Complaints.GAP_NANOS));
        assertFalse(complaints.isDue(List.of(Reason.TTL, "a"), Complaints.GAP_NANOS + 1));
    }

    @Test
    void aFloodOfNewSubjectsIsSaidUpToItsLimitAndThenMinutely() {
        int said = 0;
        for (int i = 0; i < 100_000; i++) {
            said += complaints.isDue(i, i) ? 1 : 0;
        }
        assertTrue(said == Complaints.MOST, "said " + said);
        assertTrue(complaints.isDue("new", Complaints.GAP_NANOS + 100_000), "those of a minute ago are forgotten");
    }
}
