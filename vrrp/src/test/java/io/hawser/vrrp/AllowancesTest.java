package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class AllowancesTest {

    private static final long SECOND = 1_000_000_000L;
    private static final InetAddress PEER = AdvertisementTest.ip("10.0.0.2");

    private static InetAddress stranger(int i) {
        return AdvertisementTest.ip("10.1." + i / 250 % 250 + "." + i % 250);
    }

    @Test
    void aBucketGivesItsBurstAndThenItsRate() {
        for (long start : new long[] {0, Long.MAX_VALUE - SECOND / 2, -SECOND}) {
            Allowance bucket = new Allowance(10, 5);
            int given = 0;
            for (int i = 0; i < 100; i++) {
                given += bucket.take(start) ? 1 : 0;
            }
            assertEquals(5, given);
            assertFalse(bucket.take(start + SECOND / 10 - 1));
            assertTrue(bucket.take(start + SECOND / 10));
            assertFalse(bucket.take(start + SECOND / 10));
            assertFalse(bucket.isWorthWhile(start + SECOND / 10));
            assertTrue(bucket.isWorthWhile(start + SECOND / 2));
            int later = 0;
            for (int i = 0; i < 100; i++) {
                later += bucket.take(start + 100 * SECOND) ? 1 : 0;
            }
            assertEquals(5, later, "never more than its burst at once");
        }
    }

    @Test
    void aFloodOfStrangersIsBoundedAndTakesNothingFromAPeer() {
        Allowances allowances = new Allowances();
        allowances.peers(List.of(PEER));
        InetAddress followed = AdvertisementTest.ip("10.0.0.3");
        int steps = 0;
        for (int i = 0; i < 100_000; i++) {
            long now = i * SECOND / 100_000;
            steps += allowances.take(stranger(i), false, now) ? 1 : 0;
            if (i % 1_000 == 0) {
                assertTrue(allowances.take(PEER, false, now));
                assertTrue(allowances.take(followed, true, now));
            }
        }
        int most = Allowances.STRANGERS * (Allowances.STRANGER_BURST + Allowances.STRANGER_PER_SECOND);
        assertTrue(steps <= most, "steps " + steps);
        assertTrue(steps > most / 2, "steps " + steps);
    }

    @Test
    void whoMakesItselfAPeerHasTheAllowanceOfOne() {
        Allowances allowances = new Allowances();
        allowances.peers(List.of(PEER));
        int steps = 0;
        for (int i = 0; i < 100_000; i++) {
            steps += allowances.take(PEER, false, 0) ? 1 : 0;
        }
        assertEquals(Allowances.PEER_BURST, steps);
    }

    @Test
    void oneStrangerThatFloodsDoesNotSilenceAll() {
        Allowances allowances = new Allowances();
        for (int i = 0; i < 1_000; i++) {
            allowances.take(stranger(0), false, 0);
        }
        int heard = 0;
        for (int i = 1; i <= 1_000; i++) {
            heard += allowances.take(stranger(i), false, 0) ? 1 : 0;
        }
        assertTrue(heard >= (Allowances.STRANGERS - 1) * Allowances.STRANGER_BURST / 2, "heard " + heard);
    }
}
