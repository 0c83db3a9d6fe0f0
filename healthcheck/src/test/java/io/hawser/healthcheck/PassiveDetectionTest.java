package io.hawser.healthcheck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/**
 * How soon a member that has vanished under traffic is known to be down, in virtual time and for every phase in which it
 * may vanish.
 */
class PassiveDetectionTest {
    private static final long MS = 1_000_000;
    private static final CheckPlan.Timing DEFAULT = CheckPlan.Timing.DEFAULT;
    private static final long CONNECT_TIMEOUT = DEFAULT.connectTimeout().toNanos();
    private static final long ANSWER_TIMEOUT = DEFAULT.timeout().toNanos();

    // What a check of a member that is well takes.
    private static final long ROUND_TRIP = 20 * MS;

    // From one failed connection to the next.
    private static final long PAUSE = 10 * MS;

    @Test
    void aVanishedMemberIsDownWithinADoubleConnectTimeoutOfTheFirstFailedConnection() {
        long worst = 0;
        for (long vanishes = 0; vanishes < 1000 * MS; vanishes += MS) {
            for (long failsAfter = 0; failsAfter <= 100 * MS; failsAfter += 10 * MS) {
                worst = Math.max(worst, downAt(vanishes, vanishes + failsAfter, true) - (vanishes + failsAfter));
            }
        }
        assertTrue(worst <= 600 * MS, "worst " + worst / MS + " ms");
        assertTrue(worst >= 500 * MS, "the model finds no bad phase: worst " + worst / MS + " ms");
    }

    @Test
    void withoutTrafficItTakesTwoChecks() {
        long worst = 0;
        for (long vanishes = 0; vanishes < 1000 * MS; vanishes += MS) {
            worst = Math.max(worst, downAt(vanishes, 0, false) - vanishes);
        }
        assertTrue(worst > 1200 * MS, "passive checks would not be needed: worst " + worst / MS + " ms");
    }

    /** When the member is down; it is well before {@code vanishes}, and real connections fail from {@code first} on. */
    private static long downAt(long vanishes, long first, boolean isSuspected) {
        var member = new VirtualMember(CheckPlan.of(CheckPlan.Type.HTTP).with(DEFAULT), 0, at -> check(at, vanishes));
        member.tell(new CheckSchedule.Event.Watched(0));
        for (long at = isSuspected ? first : MS; member.health() != Health.DOWN; at += isSuspected ? PAUSE : MS) {
            member.advanceTo(at);
            if (isSuspected) {
                member.tell(new CheckSchedule.Event.ConnectionFailed());
            }
            if (at >= 10_000 * MS) {
                throw new AssertionError("never down");
            }
        }
        return member.now();
    }

    private static VirtualMember.Check check(long at, long vanishes) {
        if (at + ROUND_TRIP <= vanishes) {
            return new VirtualMember.Check(at + ROUND_TRIP / 2, at + ROUND_TRIP, VirtualMember.PASSED);
        }
        // Vanished while it is connected: no answer until the time-out. Before: no connection.
        return at + ROUND_TRIP / 2 <= vanishes
                ? new VirtualMember.Check(
                        at + ROUND_TRIP / 2, at + ROUND_TRIP / 2 + ANSWER_TIMEOUT, VirtualMember.FAILED)
                : new VirtualMember.Check(CheckSchedule.NEVER, at + CONNECT_TIMEOUT, VirtualMember.FAILED);
    }
}
