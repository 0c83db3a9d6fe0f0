package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.admin.Event;
import io.hawser.lb.admin.Samples;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.admin.Status;
import io.hawser.lb.proxy.Capacity;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class WarningsTest {
    private static final Duration PUNCTUAL = Duration.ofMillis(9);

    @Test
    void aGoodDayHasNone() {
        assertEquals(List.of(), Warnings.of(Samples.good(), List.of(), PUNCTUAL));
    }

    @Test
    void anAlarmIsShownOnceUntilItIsTenMinutesOld() {
        List<Event> events = List.of(
                event(1, "vrrp-address-claimed", Severity.WARNING, 700),
                event(2, "vrrp-two-active", Severity.WARNING, 590),
                event(3, "vrrp-address-claimed", Severity.WARNING, 65),
                event(4, "vrrp-address-claimed", Severity.WARNING, 5),
                event(5, "vrrp-state", Severity.INFO, 4),
                event(6, "peer", Severity.WARNING, 3));
        assertEquals(
                List.of("router api, 9 min 50 s ago: text 2", "router api, 5 s ago: text 4"),
                Warnings.of(Samples.good(), events, PUNCTUAL));
    }

    @Test
    void aCrowdedAdminPortIsShownTooUntilItIsTenMinutesOld() {
        List<Event> events = List.of(
                event(1, "admin-crowded", Severity.WARNING, 90), event(2, "admin-crowded", Severity.WARNING, 30));
        assertEquals(List.of("api, 30 s ago: text 2"), Warnings.of(Samples.good(), events, PUNCTUAL));
        assertEquals(
                List.of(),
                Warnings.of(Samples.good(), List.of(event(1, "admin-crowded", Severity.WARNING, 601)), PUNCTUAL));
    }

    @Test
    void aLateTickIsATenthOfAnAdvertisementInterval() {
        List<String> found = Warnings.of(Samples.good(), List.of(), Duration.ofMillis(11));
        assertEquals(1, found.size());
        assertTrue(found.getFirst().startsWith("the vrrp thread woke up 11 ms late"), found::toString);
    }

    @Test
    void aCertificateIsWarnedOfThreeWeeksBeforeItsEndAndAfterIt() {
        assertEquals(
                List.of(
                        "a certificate in b expires in 20 d 23 h: replace the file; hawser reloads it automatically",
                        "a certificate in c expired 1 min 0 s ago: replace the file; hawser reloads it automatically"),
                Warnings.of(
                        certificates(Duration.ofDays(21), Duration.ofHours(21 * 24 - 1), Duration.ofMinutes(-1)),
                        List.of(),
                        PUNCTUAL));
    }

    @Test
    void aConfiguredLimitThatTheProcessCannotCarryIsWarnedOf() {
        Capacity capacity = new Capacity(20_000, 256, 8 << 20, 128 << 20);
        assertEquals(List.of(), Warnings.ofLimits(OptionalInt.empty(), capacity));
        assertEquals(List.of(), Warnings.ofLimits(OptionalInt.of(8_192), capacity));
        assertEquals(
                List.of("limits.connections is 8193, but this process has memory for about 8192 (heap 8 MiB, buffers"
                        + " 128 MiB): beyond that it may stop accepting before the limit; raise -Xmx and"
                        + " -XX:MaxDirectMemorySize"),
                Warnings.ofLimits(OptionalInt.of(8_193), capacity));
        assertEquals(
                List.of("limits.connections is 9873, but with 20000 open files only 9872 are possible: raise the limit"
                        + " of open files (LimitNOFILE=, ulimit -n)"),
                Warnings.ofLimits(OptionalInt.of(9_873), capacity));
    }

    @Test
    void aLimitIsNearFromFourFifthsOn() {
        assertEquals(List.of(), Warnings.of(busy(7_199, 79), List.of(), PUNCTUAL));
        assertEquals(
                List.of(
                        "7200 of at most 9000 connections are open: raise limits.connections, or the limit of open files",
                        "listener l has 80 of at most 100 connections: raise its limits.connections"),
                Warnings.of(busy(7_200, 80), List.of(), PUNCTUAL));
    }

    @Test
    void lateTicksAreForgottenAfterTenMinutesAtMostAndKeptForFiveAtLeast() {
        LateTicks late = new LateTicks();
        long began = System.nanoTime();
        late.ticked(began, 30_000_000);
        late.ticked(began + 1, 20_000_000);
        long minute = 60_000_000_000L;
        assertEquals(Duration.ofMillis(30), late.worst(began + 5 * minute + minute / 2));
        late.ticked(began + 6 * minute, 5_000_000);
        assertEquals(Duration.ofMillis(30), late.worst(began + 10 * minute));
        assertEquals(Duration.ofMillis(5), late.worst(began + 12 * minute));
        assertEquals(Duration.ZERO, late.worst(began + 60 * minute));
    }

    private static Event event(long id, String kind, Severity severity, int secondsAgo) {
        return new Event(id, Samples.NOW.minusSeconds(secondsAgo), kind, severity, "api", "text " + id, Map.of());
    }

    private static Status certificates(Duration... left) {
        List<Status.Certificate> files = new java.util.ArrayList<>();
        for (Duration each : left) {
            files.add(new Status.Certificate(Character.toString('a' + files.size()), Samples.NOW.plus(each)));
        }
        return with(Samples.good().listeners(), Samples.good().limits(), files);
    }

    private static Status busy(long ofProcess, long ofListener) {
        return with(
                List.of(new Status.Listener(
                        "l", List.of(), true, false, ofListener, 100, "p", new Status.Traffic(0, 0, 0, 0))),
                new Status.Limits(9_000, ofProcess, 20_000),
                List.of());
    }

    private static Status with(
            List<Status.Listener> listeners, Status.Limits limits, List<Status.Certificate> certificates) {
        Status good = Samples.good();
        return new Status(
                good.node(),
                good.version(),
                good.startedAt(),
                good.at(),
                true,
                true,
                List.of(),
                List.of(),
                good.routers(),
                good.peers(),
                listeners,
                good.pools(),
                limits,
                certificates,
                List.of());
    }
}
