package io.hawser.healthcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.healthcheck.CheckSchedule.Action;
import io.hawser.healthcheck.CheckSchedule.Event;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The rules of when a member is checked, in virtual time. */
class CheckScheduleTest {
    private static final long MS = 1_000_000;
    private static final long FAST = 250 * MS;
    private static final long CONNECT_TIMEOUT = 300 * MS;
    private static final CheckPlan PLAN = plan(1_000);

    private static CheckPlan plan(long intervalMillis) {
        return CheckPlan.of(CheckPlan.Type.HTTP)
                .with(new CheckPlan.Timing(
                        Duration.ofMillis(intervalMillis),
                        Duration.ofNanos(FAST),
                        Duration.ofNanos(CONNECT_TIMEOUT),
                        Duration.ofSeconds(1),
                        2,
                        2));
    }

    private static VirtualMember watched(VirtualMember.Course course) {
        var member = new VirtualMember(PLAN, 0, course);
        member.tell(new Event.Watched(0));
        member.advanceTo(0);
        return member;
    }

    private static VirtualMember up() {
        var member = watched(VirtualMember.ending(20 * MS, VirtualMember.PASSED));
        member.advanceTo(20 * MS);
        assertEquals(Health.UP, member.health());
        return member;
    }

    @Test
    void theFirstCheckStartsAtItsMomentAndNotBefore() {
        var member = new VirtualMember(PLAN, 0, VirtualMember.ending(MS, VirtualMember.PASSED));
        member.tell(new Event.Watched(40 * MS));
        member.tell(new Event.Requested());
        member.tell(new Event.ConnectionFailed());
        member.tell(new Event.Passed());
        member.advanceTo(39 * MS);
        assertEquals(List.of(), member.starts);
        member.advanceTo(40 * MS);
        assertEquals(List.of(40 * MS), member.starts);
    }

    @Test
    void aCalmMemberIsCheckedOnceAnInterval() {
        var member = up();
        member.advanceTo(3_500 * MS);
        assertEquals(List.of(0L, 1_000 * MS, 2_000 * MS, 3_000 * MS), member.starts);
    }

    @Test
    void aFailureIsFollowedByAnotherCheckAFastIntervalAfterItsStart() {
        var member = up();
        member.become(VirtualMember.ending(10 * MS, VirtualMember.FAILED));
        member.advanceTo(1_300 * MS);
        assertEquals(List.of(0L, 1_000 * MS, 1_250 * MS), member.starts);
        assertEquals(Health.DOWN, member.health());
    }

    @Test
    void oneFailureTakesNobodyDown() {
        var member = up();
        member.become(VirtualMember.ending(10 * MS, VirtualMember.FAILED));
        member.advanceTo(1_010 * MS);
        assertTrue(member.schedule.isChanging());
        member.become(VirtualMember.ending(10 * MS, VirtualMember.PASSED));
        member.advanceTo(3_000 * MS);
        assertEquals(Health.UP, member.health());
        assertFalse(member.schedule.isChanging());
    }

    @Test
    void aCheckThatTakesLongerThanTheIntervalIsWaitedFor() {
        var member = watched(VirtualMember.ending(2_300 * MS, VirtualMember.PASSED));
        member.advanceTo(5_000 * MS);
        // At once after the one before, as its place has passed meanwhile.
        assertEquals(List.of(0L, 2_300 * MS, 4_600 * MS), member.starts);
    }

    @Test
    void aCheckThatCouldNotBeMadeIsMadeSoonAndChangesNothing() {
        var member = up();
        member.become(VirtualMember.ending(MS, VirtualMember.NOT_MADE));
        member.advanceTo(1_600 * MS);
        assertEquals(List.of(0L, 1_000 * MS, 1_250 * MS, 1_500 * MS), member.starts);
        assertEquals(Health.UP, member.health());
        assertFalse(member.schedule.isChanging());
    }

    @Test
    void aRequestStartsACheckButNeverWithinTheFastInterval() {
        var member = up();
        for (long at = 20 * MS; at < 700 * MS; at += MS / 100) {
            member.advanceTo(at);
            member.tell(new Event.Requested());
        }
        assertEquals(List.of(0L, FAST, 2 * FAST), member.starts);
        member.advanceTo(1_400 * MS);
        assertEquals(List.of(0L, FAST, 2 * FAST, 3 * FAST, 1_000 * MS), member.starts);
        member.tell(new Event.Requested());
        member.advanceTo(1_400 * MS);
        assertEquals(1_400 * MS, member.starts.getLast(), "at once where the last one is long ago");
    }

    @Test
    void aRequestWhileACheckIsUnderWayIsMetByAnotherOne() {
        var member = watched(VirtualMember.ending(600 * MS, VirtualMember.PASSED));
        member.advanceTo(599 * MS);
        member.tell(new Event.Requested());
        member.advanceTo(600 * MS);
        assertEquals(List.of(0L, 600 * MS), member.starts);
    }

    @Test
    void aFailedConnectionAndAFailedCheckTakeAMemberDown() {
        var member = up();
        member.advanceTo(500 * MS);
        member.become(VirtualMember.ending(5 * MS, VirtualMember.FAILED));
        member.tell(new Event.ConnectionFailed());
        assertEquals(Health.UP, member.health());
        member.advanceTo(505 * MS);
        assertEquals(Health.DOWN, member.health());
        assertEquals(List.of(0L, 500 * MS), member.starts);
    }

    @Test
    void failedConnectionsCountOnceBetweenTwoChecks() {
        var patient = new CheckPlan.Timing(
                Duration.ofSeconds(1),
                Duration.ofNanos(FAST),
                Duration.ofNanos(CONNECT_TIMEOUT),
                Duration.ofSeconds(1),
                2,
                3);
        var member = new VirtualMember(PLAN.with(patient), 0, VirtualMember.ending(MS, VirtualMember.PASSED));
        member.tell(new Event.Watched(0));
        member.advanceTo(500 * MS);
        member.become(VirtualMember.ending(MS, VirtualMember.FAILED));
        for (int i = 0; i < 5; i++) {
            member.tell(new Event.ConnectionFailed());
        }
        member.advanceTo(501 * MS);
        assertEquals(Health.UP, member.health(), "one failed connection and one failed check are two of three");
        member.advanceTo(751 * MS);
        assertEquals(Health.DOWN, member.health());
    }

    @Test
    void failedConnectionsAloneTakeNobodyDown() {
        var member = up();
        for (long at = 20 * MS; at < 20_000 * MS; at += MS) {
            member.advanceTo(at);
            member.tell(new Event.ConnectionFailed());
            assertEquals(Health.UP, member.health());
        }
        assertTrue(member.starts.size() <= 20_000 * MS / FAST, member.starts.size() + " checks");
    }

    @Test
    void anAcceptedCheckIsMadeAnewOnceAndAsSoonAsItMayWhenConnectionsHang() {
        var member = watched(VirtualMember.hanging());
        for (long at = 10 * MS; at < 20_000 * MS; at += 10 * MS) {
            member.advanceTo(at);
            member.hang();
        }
        assertEquals(List.of(0L, FAST), member.starts);
        assertEquals(Health.UNKNOWN, member.health(), "it counts for nothing");
        member.end(VirtualMember.PASSED);
        assertEquals(Health.UP, member.health());
    }

    @Test
    void aCheckThatIsNotAcceptedSeesForItselfThatConnectionsHang() {
        var member =
                watched(at -> new VirtualMember.Check(CheckSchedule.NEVER, CheckSchedule.NEVER, VirtualMember.FAILED));
        for (long at = 10 * MS; at < 5_000 * MS; at += 10 * MS) {
            member.advanceTo(at);
            member.hang();
        }
        assertEquals(List.of(0L), member.starts);
    }

    @Test
    void aCheckIsMadeAnewOnceAConnectTimeoutAfterAConnectionFailed() {
        var member = watched(VirtualMember.hanging());
        for (long at = 10 * MS; at < 20_000 * MS; at += 10 * MS) {
            member.advanceTo(at);
            member.tell(new Event.ConnectionFailed());
        }
        assertEquals(List.of(0L, 10 * MS + CONNECT_TIMEOUT), member.starts);
        member.end(VirtualMember.PASSED);
        assertEquals(Health.UP, member.health(), "a slow answer is awaited in the end");
    }

    @Test
    void theNextCheckMayBeMadeAnewAgain() {
        var member = watched(VirtualMember.hanging());
        member.advanceTo(10 * MS);
        member.hang();
        member.advanceTo(FAST);
        assertEquals(2, member.starts.size());
        member.advanceTo(300 * MS);
        member.end(VirtualMember.PASSED);
        member.advanceTo(1_400 * MS);
        assertEquals(3, member.starts.size());
        member.hang();
        member.advanceTo(1_400 * MS);
        assertEquals(4, member.starts.size());
    }

    @Test
    void aCheckWhoseFilesAreStillReadIsNotMadeAnew() {
        var schedule = new CheckSchedule(PLAN, 0);
        schedule.on(new Event.Watched(0), 0);
        assertEquals(List.of(Action.START), schedule.on(new Event.Passed(), 0));
        schedule.on(new Event.ConnectionFailed(), MS);
        assertEquals(MS + CONNECT_TIMEOUT, schedule.wakesAt());
        assertEquals(List.of(), schedule.on(new Event.Passed(), MS + CONNECT_TIMEOUT));
        assertEquals(CheckSchedule.NEVER, schedule.wakesAt());
    }

    @Test
    void anotherPlanKeepsTheHealthAndIsTriedSoon() {
        var member = up();
        member.advanceTo(100 * MS);
        member.tell(new Event.Planned(PLAN));
        member.advanceTo(999 * MS);
        assertEquals(List.of(0L), member.starts, "the same plan changes nothing");
        member.tell(new Event.Planned(plan(10_000)));
        assertEquals(Health.UP, member.health());
        member.advanceTo(21_000 * MS);
        assertEquals(List.of(0L, 999 * MS, 10_000 * MS, 20_000 * MS), member.starts);
    }

    @Test
    void whereAWrongStatusMeansDownOneIsEnoughAndOnlyARightOneBringsItBack() {
        var role = PLAN.with(
                new CheckPlan.Request("/primary", null, java.util.Set.of(200), null, CheckPlan.OnWrongStatus.DOWN));
        var member = new VirtualMember(role, 0, VirtualMember.ending(MS, VirtualMember.PASSED));
        member.tell(new Event.Watched(0));
        member.advanceTo(10 * MS);
        assertEquals(Health.UP, member.health());
        member.become(VirtualMember.ending(MS, VirtualMember.REFUSING));
        member.advanceTo(1_001 * MS);
        assertEquals(Health.DOWN, member.health());
        member.advanceTo(9_000 * MS);
        assertEquals(Health.DOWN, member.health());
        member.become(VirtualMember.ending(MS, VirtualMember.PASSED));
        member.advanceTo(11_000 * MS);
        assertEquals(Health.UP, member.health());
    }

    @Test
    void nothingCountsAfterTheEnd() {
        var member = watched(VirtualMember.hanging());
        member.tell(new Event.Unwatched());
        assertFalse(member.isChecking(), "the check under way goes on");
        for (Event event : List.of(
                new Event.Requested(),
                new Event.Hung(true),
                new Event.ConnectionFailed(),
                new Event.Passed(),
                new Event.Ended(VirtualMember.PASSED),
                new Event.Planned(plan(5_000)),
                new Event.Watched(0),
                new Event.Unwatched())) {
            member.tell(event);
        }
        member.advanceTo(60_000 * MS);
        assertEquals(List.of(0L), member.starts);
        assertEquals(Health.UNKNOWN, member.health());
    }

    /** {@link VirtualMember} itself fails when two checks are under way, or one is cancelled that is not there. */
    @Test
    void whateverComesInWhateverOrderThereIsAlwaysANextCheckAndNeverAStorm() {
        for (int seed = 0; seed < 2_000; seed++) {
            var random = new Random(seed);
            var results =
                    List.of(VirtualMember.PASSED, VirtualMember.FAILED, VirtualMember.REFUSING, VirtualMember.NOT_MADE);
            var member = new VirtualMember(
                    PLAN,
                    random.nextInt(5),
                    at -> new VirtualMember.Check(
                            random.nextBoolean() ? CheckSchedule.NEVER : at,
                            at + random.nextLong(2_000 * MS),
                            results.get(random.nextInt(results.size()))));
            member.tell(new Event.Watched(random.nextLong(100 * MS)));
            for (int i = 0; i < 200; i++) {
                member.advanceTo(member.now() + random.nextLong(100 * MS));
                switch (random.nextInt(5)) {
                    case 0 -> member.tell(new Event.Requested());
                    case 1 -> member.hang();
                    case 2 -> member.tell(new Event.ConnectionFailed());
                    case 3 -> member.tell(new Event.Planned(plan(random.nextBoolean() ? 1_000 : 3_000)));
                    default -> {}
                }
                assertTrue(
                        member.isChecking() || member.schedule.wakesAt() != CheckSchedule.NEVER,
                        "nothing to come, seed " + seed);
            }
            // Two may be closer where one takes its place on the grid again.
            for (int i = 2; i < member.starts.size(); i++) {
                long apart = member.starts.get(i) - member.starts.get(i - 2);
                assertTrue(apart >= FAST, "%d ms apart, seed %d".formatted(apart / MS, seed));
            }
        }
    }
}
