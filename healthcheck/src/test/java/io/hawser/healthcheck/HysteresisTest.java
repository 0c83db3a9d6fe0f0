package io.hawser.healthcheck;

import static io.hawser.healthcheck.Health.DOWN;
import static io.hawser.healthcheck.Health.DRAINING;
import static io.hawser.healthcheck.Health.UNKNOWN;
import static io.hawser.healthcheck.Health.UP;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hawser.testkit.Seed;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HysteresisTest {

    /** Verdicts by letter: s success, r refusing, d denying, f failure, n nothing. The checks that lead to each state, rise and fall 2. */
    private static final String TO_UP = "s";

    private static final String TO_DRAINING = "srr";
    private static final String TO_DOWN = "sff";

    @ParameterizedTest(name = "{0} after {1} is {2}, changing {3}")
    @CsvSource({
        // Every state and every verdict once, then what completes a change, then mixtures.
        "UNKNOWN, s, UP, false",
        "UNKNOWN, r, UNKNOWN, true",
        "UNKNOWN, f, UNKNOWN, true",
        "UNKNOWN, n, UNKNOWN, true",
        "UNKNOWN, rr, DRAINING, false",
        "UNKNOWN, ff, DOWN, false",
        "UNKNOWN, rf, DRAINING, true",
        "UNKNOWN, fr, DRAINING, false",
        "UNKNOWN, fs, UP, false",
        "UNKNOWN, fnf, DOWN, false",
        "UP, s, UP, false",
        "UP, r, UP, true",
        "UP, f, UP, true",
        "UP, n, UP, false",
        "UP, rr, DRAINING, false",
        "UP, ff, DOWN, false",
        "UP, rf, DRAINING, true",
        "UP, rff, DOWN, false",
        "UP, fr, DRAINING, false",
        "UP, frf, DRAINING, true",
        "UP, fsf, UP, true",
        "UP, fsfsf, UP, true",
        "UP, fnf, DOWN, false",
        "UP, d, DOWN, false",
        "UP, ds, DOWN, true",
        "UP, dr, DOWN, true",
        "UNKNOWN, d, DOWN, false",
        "DRAINING, d, DOWN, false",
        "DRAINING, sd, DOWN, false",
        "DOWN, d, DOWN, false",
        "DOWN, sds, DOWN, true",
        "DOWN, dss, UP, false",
        "DRAINING, s, DRAINING, true",
        "DRAINING, r, DRAINING, false",
        "DRAINING, f, DRAINING, true",
        "DRAINING, n, DRAINING, false",
        "DRAINING, ss, UP, false",
        "DRAINING, ff, DOWN, false",
        "DRAINING, srs, DRAINING, true",
        "DRAINING, frf, DRAINING, true",
        "DRAINING, sfs, DRAINING, true",
        "DOWN, s, DOWN, true",
        "DOWN, r, DOWN, true",
        "DOWN, f, DOWN, false",
        "DOWN, n, DOWN, false",
        "DOWN, ss, UP, false",
        "DOWN, rr, DRAINING, false",
        "DOWN, rs, DRAINING, false",
        "DOWN, sr, DRAINING, false",
        "DOWN, sfs, DOWN, true",
        "DOWN, rfr, DOWN, true",
    })
    void followsTheTable(Health from, String verdicts, Health to, boolean changing) {
        var start = fed(Hysteresis.unknown(2, 2), path(from));
        assertEquals(from, start.health());
        var end = fed(start, verdicts);
        assertEquals(to, end.health());
        assertEquals(changing, end.isChanging());
    }

    @Test
    void oneCheckDecidesWithRiseAndFallOne() {
        var up = fed(Hysteresis.unknown(1, 1), "s");
        assertEquals(DOWN, fed(up, "f").health());
        assertEquals(DRAINING, fed(up, "r").health());
        assertEquals(UP, fed(up, "fs").health());
        assertEquals(DRAINING, fed(up, "fr").health());
    }

    @Test
    void firstSuccessIsEnoughOnlyForAnUnknownMember() {
        var three = Hysteresis.unknown(3, 3);
        assertEquals(UP, fed(three, "s").health());
        assertEquals(UP, fed(three, "ffs").health());
        assertEquals(DOWN, fed(three, "sfffss").health());
        assertEquals(UP, fed(three, "sfffsss").health());
    }

    @Test
    void suspicionCountsButNeverDecides() {
        var up = fed(Hysteresis.unknown(2, 2), TO_UP);
        var suspected = up.onSuspicion();
        assertEquals(UP, suspected.health());
        assertEquals(true, suspected.isChanging());
        assertEquals(suspected, suspected.onSuspicion().onSuspicion());
        assertEquals(DOWN, suspected.on(Verdict.FAILURE).health());
        assertEquals(UP, suspected.on(Verdict.SUCCESS).onSuspicion().health());
        var strict = fed(Hysteresis.unknown(2, 1), TO_UP);
        assertEquals(strict, strict.onSuspicion());
    }

    @Test
    void newThresholdsKeepWhatIsKnown() {
        var almostDown = fed(Hysteresis.unknown(2, 3), "sff").with(2, 2);
        assertEquals(UP, almostDown.health());
        assertEquals(DOWN, almostDown.on(Verdict.FAILURE).health());
        assertEquals(DOWN, almostDown.on(Verdict.NOTHING).health());
    }

    @Test
    void refusesThresholdsThatNeverDecide() {
        assertThrows(IllegalArgumentException.class, () -> Hysteresis.unknown(0, 1));
        assertThrows(IllegalArgumentException.class, () -> Hysteresis.unknown(1, 0));
    }

    @Test
    void downAlwaysTakesThatManyFailuresInARow() {
        long seed = Seed.ofThisRun();
        var random = new Random(seed);
        Set<Health> seen = new HashSet<>();
        var state = Hysteresis.unknown(2, 3);
        int failures = 0;
        for (int i = 0; i < 20_000; i++) {
            var verdict = Verdict.values()[random.nextInt(Verdict.values().length)];
            failures = verdict == Verdict.FAILURE ? failures + 1 : verdict == Verdict.NOTHING ? failures : 0;
            var before = state.health();
            state = state.on(verdict);
            seen.add(state.health());
            if (state.health() == DOWN && before != DOWN) {
                assertEquals(true, failures >= 3 || verdict == Verdict.DENYING, "seed " + seed + " step " + i);
            }
        }
        assertEquals(Set.of(UP, DRAINING, DOWN), without(seen), "seed " + seed);
    }

    private static Set<Health> without(Set<Health> seen) {
        seen.remove(UNKNOWN);
        return seen;
    }

    private static String path(Health to) {
        return switch (to) {
            case UNKNOWN -> "";
            case UP -> TO_UP;
            case DRAINING -> TO_DRAINING;
            case DOWN -> TO_DOWN;
        };
    }

    private static Hysteresis fed(Hysteresis start, String verdicts) {
        var state = start;
        for (char letter : verdicts.toCharArray()) {
            state = state.on(
                    switch (letter) {
                        case 's' -> Verdict.SUCCESS;
                        case 'r' -> Verdict.REFUSING;
                        case 'd' -> Verdict.DENYING;
                        case 'f' -> Verdict.FAILURE;
                        default -> Verdict.NOTHING;
                    });
        }
        return state;
    }
}
