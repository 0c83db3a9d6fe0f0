package io.hawser.vrrp.election;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class KnownEvidenceTest {
    private static final InetAddress ONE = InetAddress.ofLiteral("10.77.0.11");
    private static final InetAddress TWO = InetAddress.ofLiteral("10.77.0.12");

    private static Evidence answer(InetAddress peer, long at) {
        return new Evidence.Alive(peer, true, true, 200, at);
    }

    private static Evidence gone(InetAddress peer, long at) {
        return new Evidence.Gone(peer, "connection refused", true, at);
    }

    @Test
    void theNewestOfAChannelReplacesItsLastOneAboutThatPeerOnly() {
        KnownEvidence known =
                KnownEvidence.NONE.with(answer(TWO, 1)).with(answer(ONE, 2)).with(gone(TWO, 3));

        assertEquals(List.of(gone(TWO, 3), answer(ONE, 2)), known.all());
        assertEquals(gone(TWO, 3), known.probeOf(TWO));
        assertEquals(answer(ONE, 2), known.probeOf(ONE));
        assertNull(KnownEvidence.NONE.probeOf(ONE));
    }

    @Test
    void whatIsOlderIsNoNewsAlsoWhereTheClockHasGoneRound() {
        KnownEvidence known = KnownEvidence.NONE.with(answer(ONE, Long.MIN_VALUE + 1));

        assertFalse(known.isNews(answer(ONE, Long.MAX_VALUE)));
        assertTrue(known.isNews(gone(ONE, Long.MIN_VALUE + 1)), "of the same moment");
        assertTrue(known.isNews(answer(TWO, Long.MAX_VALUE)), "another peer");
    }
}
