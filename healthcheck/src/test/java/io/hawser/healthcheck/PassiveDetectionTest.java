package io.hawser.healthcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/**
 * How soon a member that has vanished under traffic is known to be down, in virtual time and for every phase in which it
 * may vanish: the rules of {@link Watched} over the real {@link Cadence} and {@link Hysteresis}.
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
        long fails = first;
        var cadence = Cadence.of(DEFAULT, 0);
        var state = Hysteresis.unknown(DEFAULT.rise(), DEFAULT.fall()).on(Verdict.SUCCESS);
        boolean isPending = isSuspected;
        boolean isFast = false;
        long startedAt = 0;
        while (true) {
            // Vanished while it is connected: no answer until the time-out. Before: no connection.
            boolean isWell = startedAt + ROUND_TRIP <= vanishes;
            boolean isConnected = startedAt + ROUND_TRIP / 2 <= vanishes;
            long endsAt = startedAt + (isWell ? ROUND_TRIP : isConnected ? ANSWER_TIMEOUT : CONNECT_TIMEOUT);
            boolean isRestarted = false;
            if (isPending && fails <= endsAt && fails >= startedAt) {
                isPending = false;
                state = state.onSuspicion();
                isFast = true;
                if (endsAt - fails > CONNECT_TIMEOUT) {
                    isRestarted = true;
                    startedAt = fails + CONNECT_TIMEOUT;
                    endsAt = startedAt + CONNECT_TIMEOUT;
                }
            }
            state = state.on(isWell && !isRestarted ? Verdict.SUCCESS : Verdict.FAILURE);
            if (state.health() == Health.DOWN) {
                return endsAt;
            }
            assertEquals(Health.UP, state.health());
            if (isSuspected && !isPending) {
                isPending = true;
                fails = endsAt + PAUSE;
            }
            long next = cadence.next(startedAt, endsAt, isFast || state.isChanging());
            if (isPending && fails > endsAt && fails < next) {
                isPending = false;
                state = state.onSuspicion();
                next = cadence.next(startedAt, fails, true);
            }
            isFast = false;
            startedAt = next;
        }
    }
}
