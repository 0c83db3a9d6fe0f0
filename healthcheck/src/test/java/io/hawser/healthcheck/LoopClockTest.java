package io.hawser.healthcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class LoopClockTest {
    private static final long MS = 1_000_000;

    private final LoopClock clock = new LoopClock(0);

    @Test
    void runsWithTimeWhileTicksAreInTime() {
        clock.tick(50 * MS);
        clock.tick(105 * MS);
        assertEquals(120 * MS, clock.running(120 * MS));
    }

    @Test
    void standsStillWhileTheTickIsOverdue() {
        clock.tick(50 * MS);
        assertEquals(100 * MS, clock.running(100 * MS));
        assertEquals(100 * MS, clock.running(600 * MS));
        assertEquals(100 * MS, clock.running(1100 * MS));
    }

    @Test
    void goesOnFromWhereItStood() {
        clock.tick(50 * MS);
        clock.tick(1100 * MS);
        assertEquals(100 * MS, clock.running(1100 * MS));
        assertEquals(140 * MS, clock.running(1140 * MS));
    }

    @Test
    void lagIsThatOfTheLastTickOrOfTheOneThatIsDue() {
        clock.tick(57 * MS);
        assertEquals(7 * MS, clock.lagNanos(60 * MS));
        assertEquals(393 * MS, clock.lagNanos(500 * MS));
    }
}
