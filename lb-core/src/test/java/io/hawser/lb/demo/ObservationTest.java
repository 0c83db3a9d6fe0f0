package io.hawser.lb.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ObservationTest {
    private static final long MS = 1_000_000;

    private static Attempt served(long startMillis, long endMillis, String master) {
        return new Attempt(startMillis * MS, endMillis * MS, true, master);
    }

    private static Attempt failed(long startMillis, long endMillis, String reason) {
        return new Attempt(startMillis * MS, endMillis * MS, false, reason);
    }

    private static Observation observe(long fromMillis, long toMillis, Attempt... attempts) {
        return Observation.of(List.of(attempts), fromMillis * MS, toMillis * MS);
    }

    @Test
    void outageIsTheLongestTimeBetweenTwoServedRequests() {
        Observation seen = observe(
                0, 400, served(0, 5, "m1"), failed(10, 20, "refused"), served(300, 310, "m2"), served(390, 395, "m1"));

        assertEquals(Duration.ofMillis(305), seen.outage());
        assertEquals(3, seen.served());
        assertEquals(Map.of("m1", 2, "m2", 1), seen.shares());
    }

    @Test
    void outageBeginsWithTheLastRequestServedBeforeTheStretch() {
        assertEquals(
                Duration.ofMillis(90),
                observe(100, 200, served(50, 60, "m1"), served(140, 150, "m1"), served(195, 199, "m1"))
                        .outage());
    }

    @Test
    void outageLastsToTheEndWhenNothingIsServedAnyMore() {
        Observation seen = observe(100, 5_100, served(90, 95, "m1"), failed(105, 1_105, "timeout"));

        assertEquals(Duration.ofMillis(5_005), seen.outage());
        assertEquals(1, seen.failed());
    }

    @Test
    void countsFailuresThatEndWithinTheStretchWhereverTheyBegan() {
        Observation seen = observe(
                100,
                200,
                failed(10, 99, "early"),
                failed(10, 150, "cut"),
                failed(160, 170, "cut"),
                failed(180, 201, "beyond"));

        assertEquals(Map.of("cut", 2), seen.failures());
    }

    @Test
    void lateFailuresBeganMoreThanATenthOfASecondAfterTheStart() {
        Observation seen =
                observe(0, 1_000, failed(50, 60, "reset"), failed(100, 110, "reset"), failed(101, 111, "reset"));

        assertEquals(3, seen.failed());
        assertEquals(List.of(Duration.ofMillis(101)), seen.lateStarts());
        assertEquals(1, seen.lateFailures());
    }

    @Test
    void worksAcrossTheOverflowOfTheClock() {
        long fromAt = Long.MAX_VALUE - 10 * MS;
        Observation seen = Observation.of(
                List.of(
                        new Attempt(fromAt, fromAt + 5 * MS, true, "m1"),
                        new Attempt(fromAt + 20 * MS, fromAt + 40 * MS, true, "m1")),
                fromAt,
                fromAt + 50 * MS);

        assertEquals(Duration.ofMillis(35), seen.outage());
        assertEquals(2, seen.served());
    }
}
