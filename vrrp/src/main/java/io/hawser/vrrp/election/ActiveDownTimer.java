package io.hawser.vrrp.election;

import io.hawser.vrrp.election.State.Backup;
import io.hawser.vrrp.election.State.Wait;

/**
 * The timer of a backup, Active_Down_Timer of RFC 9568 section 6.2: when it fires, and how late it may and still be
 * trusted. Its length follows from what is waited for, fitness and parameters at any moment. Pure; stateless.
 */
final class ActiveDownTimer {
    private static final int MOST_RECHECKS = 3;

    private ActiveDownTimer() {}

    /** When the wait ends. */
    static long downAt(Election election, Backup state) {
        return state.armedAt() + waitNanos(election, state);
    }

    /** When this node would take the addresses if nothing happened: after a start delay it listens for a down interval. */
    static long takeoverAt(Election election, Backup state) {
        boolean isDelayed = state.pending() instanceof Wait.Start;
        return downAt(election, state)
                + (isDelayed ? waitNanos(election, state.waiting(new Wait.Down(), state.armedAt())) : 0);
    }

    /** How long the wait lasts from its beginning. */
    static long waitNanos(Election election, Backup state) {
        Fitness fitness = state.situation().fitness();
        int own = election.effectivePriority(fitness);
        long interval = state.intervalNanos();
        boolean first = fitness == Fitness.FIT;
        long down = election.downNanos(own, interval);
        return switch (state.pending()) {
            case Wait.Down() -> down;
            case Wait.Elsewhere(boolean ahead) -> ahead ? down - interval : down;
            case Wait.Start() -> election.takeover().startDelayNanos();
            case Wait.Skew _ -> first ? election.skewNanos(own, interval) : down;
            case Wait.Return() -> 2 * election.intervalNanos();
            case Wait.HeadStart(int rank, boolean isCertain) ->
                first ? (isCertain ? 0 : 2 * interval + election.skewNanos(own, interval)) + rank * interval / 2 : down;
            case Wait.Answer _ -> election.questionNanos();
            case Wait.Recheck() -> 2 * interval + election.skewNanos(own, interval);
        };
    }

    /** Waits the skew time from now, unless the current wait ends earlier. */
    static Backup sooner(Election election, Backup state, Cause cause, long now) {
        Backup skewed = state.waiting(new Wait.Skew(cause), now);
        return downAt(election, skewed) - takeoverAt(election, state) < 0 ? skewed : state;
    }

    /** How late a timer may fire and still be trusted. */
    static long trustedLateNanos(Backup state) {
        // After a resignation nobody is robbed but another backup that was quicker, and only until its next
        // advertisement: not worth doubling a planned handover on a busy machine.
        long interval = state.intervalNanos();
        return state.pending() instanceof Wait.Skew ? interval * 3 / 2 : interval / 2;
    }

    /**
     * Once for whoever is a little late, as on a busy machine that may always be. Again for who is so late that it may have been paused meanwhile, but not
     * for ever: that nobody has the address is worse than that two have it for a moment.
     */
    static boolean mayRecheck(Backup state, long late) {
        boolean isLikeAPause = late > 2 * state.intervalNanos();
        return state.rechecks() < (isLikeAPause ? MOST_RECHECKS : 1);
    }
}
