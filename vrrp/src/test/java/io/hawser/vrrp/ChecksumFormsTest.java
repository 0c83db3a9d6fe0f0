package io.hawser.vrrp;

import static io.hawser.vrrp.ChecksumForm.MESSAGE;
import static io.hawser.vrrp.ChecksumForm.PSEUDO_HEADER;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.vrrp.ChecksumForms.Outcome;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class ChecksumFormsTest {

    private static final InetAddress ONE = AdvertisementTest.ip("10.0.0.1");
    private static final InetAddress TWO = AdvertisementTest.ip("10.0.0.2");
    private static final long MINUTE = ChecksumForms.GAP_NANOS;

    private final ChecksumForms forms = new ChecksumForms(PSEUDO_HEADER);

    @Test
    void eachPeerGetsItsOwnForm() {
        assertEquals(Outcome.CHANGED, forms.heardFromPeer(ONE, MESSAGE, 0));
        assertEquals(Outcome.SAME, forms.heardFromPeer(TWO, PSEUDO_HEADER, 0));
        assertEquals(MESSAGE, forms.toPeer(ONE));
        assertEquals(PSEUDO_HEADER, forms.toPeer(TWO));
        assertEquals(Outcome.SAME, forms.heardFromPeer(ONE, MESSAGE, MINUTE));
    }

    @Test
    void twoFormsOfOnePeerChangeWhatItGetsOnceAMinute() {
        int changes = 0;
        for (int i = 0; i < 1_000; i++) {
            ChecksumForm form = i % 2 == 0 ? MESSAGE : PSEUDO_HEADER;
            changes += forms.heardFromPeer(ONE, form, i) == Outcome.CHANGED ? 1 : 0;
        }
        assertEquals(1, changes);
        assertEquals(Outcome.CHANGED, forms.heardFromPeer(ONE, PSEUDO_HEADER, MINUTE));
        assertEquals(PSEUDO_HEADER, forms.toPeer(ONE));
    }

    @Test
    void theGroupGetsTheFormOfItsBestSenderAndTheOtherIsSaidToDiffer() {
        assertEquals(Outcome.CHANGED, forms.heardInGroup(ONE, true, 200, MESSAGE, 0));
        int changes = 0;
        for (int i = 0; i < 1_000; i++) {
            assertEquals(Outcome.SAME, forms.heardInGroup(ONE, true, 200, MESSAGE, i));
            changes += forms.heardInGroup(TWO, true, 190, PSEUDO_HEADER, i) == Outcome.DIFFERS ? 0 : 1;
        }
        assertEquals(0, changes);
        assertEquals(MESSAGE, forms.toGroup());
    }

    @Test
    void aBetterSenderIsFollowedAfterAMinute() {
        forms.heardInGroup(ONE, true, 100, MESSAGE, 0);
        assertEquals(Outcome.DIFFERS, forms.heardInGroup(TWO, true, 200, PSEUDO_HEADER, 1));
        assertEquals(MESSAGE, forms.toGroup());
        assertEquals(Outcome.CHANGED, forms.heardInGroup(TWO, true, 200, PSEUDO_HEADER, MINUTE));
        assertEquals(PSEUDO_HEADER, forms.toGroup());
    }

    @Test
    void aStrangerOfTheHighestPriorityDoesNotOutdoAListedNode() {
        forms.heardInGroup(ONE, true, 100, MESSAGE, 0);
        forms.heardInGroup(ONE, true, 100, MESSAGE, MINUTE);
        assertEquals(Outcome.DIFFERS, forms.heardInGroup(TWO, false, 255, PSEUDO_HEADER, MINUTE + 1));
        assertEquals(MESSAGE, forms.toGroup());
    }

    @Test
    void whoIsGoneIsReplacedByWhoIsHeard() {
        forms.heardInGroup(ONE, true, 200, MESSAGE, 0);
        assertEquals(Outcome.CHANGED, forms.heardInGroup(TWO, true, 100, PSEUDO_HEADER, MINUTE));
        assertEquals(PSEUDO_HEADER, forms.toGroup());
    }

    @Test
    void aResignationDoesNotMakeASenderWorse() {
        forms.heardInGroup(ONE, true, 200, MESSAGE, 0);
        forms.heardInGroup(ONE, true, 0, MESSAGE, 1);
        assertEquals(Outcome.DIFFERS, forms.heardInGroup(TWO, true, 190, PSEUDO_HEADER, 2));
    }
}
