package io.hawser.healthcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class CadenceTest {
    private static final long MS = 1_000_000;
    private static final CheckPlan.Timing DEFAULT = CheckPlan.Timing.DEFAULT;

    @Test
    void keepsItsPlaceOnTheGrid() {
        var cadence = new Cadence(1000 * MS, 250 * MS, 300 * MS);
        assertEquals(1300 * MS, cadence.next(300 * MS, 310 * MS, false));
        assertEquals(1300 * MS, cadence.next(305 * MS, 310 * MS, false));
        assertEquals(300 * MS, cadence.next(200 * MS, 210 * MS, false));
        assertEquals(-700 * MS, cadence.next(-1000 * MS, -990 * MS, false));
    }

    @Test
    void isNeverFurtherAwayThanTheInterval() {
        for (int index = 0; index < 50; index++) {
            var cadence = Cadence.of(DEFAULT, index);
            for (long at = 0; at < 2000 * MS; at += 17 * MS) {
                long next = cadence.next(at, at, false);
                assertTrue(next > at && next - at <= 1000 * MS, index + " " + at);
            }
        }
    }

    @Test
    void countsTheFastIntervalFromTheStart() {
        var cadence = new Cadence(1000 * MS, 250 * MS, 0);
        assertEquals(350 * MS, cadence.next(100 * MS, 110 * MS, true));
        assertEquals(900 * MS, cadence.next(100 * MS, 900 * MS, true));
    }

    @Test
    void fastIsNeverSlowerThanTheInterval() {
        var timing = new CheckPlan.Timing(
                Duration.ofMillis(100), Duration.ofMillis(250), Duration.ofMillis(300), Duration.ofSeconds(1), 2, 2);
        assertEquals(100 * MS, Cadence.of(timing, 0).fastNanos());
    }

    @Test
    void membersAreSpreadOverTheInterval() {
        for (int members : new int[] {2, 3, 5, 20}) {
            var phases = new TreeSet<Long>();
            for (int i = 0; i < members; i++) {
                phases.add(Cadence.of(DEFAULT, i).phaseNanos());
            }
            long least = Long.MAX_VALUE;
            for (var phase : phases) {
                var higher = phases.higher(phase);
                long gap = (higher == null ? phases.first() + 1000 * MS : higher) - phase;
                least = Math.min(least, gap);
            }
            assertTrue(least > 1000 * MS / members / 3, members + " members, least gap " + least);
        }
    }
}
