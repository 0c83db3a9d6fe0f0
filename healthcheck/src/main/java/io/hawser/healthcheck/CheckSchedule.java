package io.hawser.healthcheck;

import java.util.List;

/**
 * Decides when one member is checked, and what the results mean for its health. Pure: it reads no clock and starts nothing; each moment is handed in, on
 * the scale of System.nanoTime(), and what is to be done comes back. One thread at a time.
 *
 * <p>A member has at most one check under way. It has one moment to be woken at, {@link #wakesAt}: the next check while none is under way,
 * else the moment at which the one under way is made anew, if there is one.
 */
final class CheckSchedule {

    /** Nothing is to happen by itself. */
    static final long NEVER = Long.MIN_VALUE;

    /** What the schedule is told. */
    sealed interface Event {
        /** Watching begins, with the first check then. */
        record Watched(long firstAt) implements Event {}

        /** Another plan holds from the next check on; the health stays what it is. */
        record Planned(CheckPlan plan) implements Event {}

        /** Somebody wants a check. */
        record Requested() implements Event {}

        /** A real connection is not accepted and is still waited for; {@code isAccepted}: the check under way has been. */
        record Hung(boolean isAccepted) implements Event {}

        /** A real connection failed before it was of use. */
        record ConnectionFailed() implements Event {}

        /** The check that was to start has what it needs and runs. */
        record Running() implements Event {}

        /** The check under way has ended. */
        record Ended(CheckResult result) implements Event {}

        /** Some time has passed, in most cases up to {@link #wakesAt}. */
        record Passed() implements Event {}

        /** Watching ends; nothing counts any more. */
        record Unwatched() implements Event {}
    }

    /** What is to be done, in order. */
    enum Action {
        /** End the check under way without a result. */
        CANCEL,
        /** Start a check. */
        START
    }

    private enum Phase {
        NEW,
        IDLE,
        STARTING,
        RUNNING,
        STOPPED
    }

    private final int index;
    private CheckPlan plan;
    private Cadence cadence;
    private Hysteresis hysteresis;
    private Phase phase = Phase.NEW;
    private long wakesAt = NEVER;
    private long startedAt = NEVER;
    private boolean isRequested;
    private boolean isSuspected;
    private boolean isMadeAnew;

    /** @param index the member's number among all, which gives it its place within the interval */
    CheckSchedule(CheckPlan plan, int index) {
        this.index = index;
        this.plan = plan;
        this.cadence = Cadence.of(plan.timing(), index);
        this.hysteresis = Hysteresis.unknown(plan.timing().rise(), plan.timing().fall());
    }

    /** The next moment at which {@link Event.Passed} changes something, or {@link #NEVER}. */
    long wakesAt() {
        return wakesAt;
    }

    CheckPlan plan() {
        return plan;
    }

    Health health() {
        return hysteresis.health();
    }

    /** Whether recent evidence speaks against the present health. */
    boolean isChanging() {
        return hysteresis.isChanging();
    }

    boolean isStopped() {
        return phase == Phase.STOPPED;
    }

    /** Takes what has happened, and tells what to do about it. */
    List<Action> on(Event event, long now) {
        if (phase == Phase.STOPPED) {
            return List.of();
        }
        return switch (event) {
            case Event.Watched watched -> watched(watched.firstAt());
            case Event.Planned planned -> planned(planned.plan(), now);
            case Event.Requested _ -> requested(now);
            case Event.Hung hung -> hung(hung.isAccepted(), now);
            case Event.ConnectionFailed _ -> connectionFailed(now);
            case Event.Running _ -> running();
            case Event.Ended ended -> ended(ended.result(), now);
            case Event.Passed _ -> passed(now);
            case Event.Unwatched _ -> unwatched();
        };
    }

    private List<Action> watched(long firstAt) {
        phase = Phase.IDLE;
        wakesAt = firstAt;
        return List.of();
    }

    private List<Action> planned(CheckPlan newPlan, long now) {
        if (newPlan.equals(plan)) {
            return List.of();
        }
        plan = newPlan;
        cadence = Cadence.of(newPlan.timing(), index);
        hysteresis = hysteresis.with(newPlan.timing().rise(), newPlan.timing().fall());
        if (phase == Phase.IDLE && hasStarted()) {
            wakesAt = cadence.next(startedAt, now, true);
        }
        return List.of();
    }

    /** A check is wanted: it starts at once, but not within the fast interval after the last start. */
    private List<Action> requested(long now) {
        if (isUnderWay()) {
            // What is under way began before the request, so it may not have seen what the requester saw.
            isRequested = true;
        } else if (hasStarted()) {
            wakesAt = cadence.next(startedAt, now, true);
        }
        return List.of();
    }

    /*
     * A check that was under way when the member vanished has a connection already and waits for an answer, which it may
     * for much longer than connecting takes. So it is made anew when it has not ended a connect timeout after a real
     * connection has failed, or as soon as the fast interval allows when one hangs that is not even accepted: who has lost
     * all its masters has no time to wait for both. But not twice, or a member that answers slowly would never be judged.
     */

    /** A real connection is not accepted: no failure yet, but a check that has a connection already cannot see it. */
    private List<Action> hung(boolean isAccepted, long now) {
        requested(now);
        if (phase == Phase.RUNNING && isAccepted) {
            makeAnewAt(cadence.next(startedAt, now, true));
        }
        return List.of();
    }

    /** A real connection failed: counts once between two checks, and the next check comes at once. */
    private List<Action> connectionFailed(long now) {
        if (!isSuspected) {
            isSuspected = true;
            hysteresis = hysteresis.onSuspicion();
        }
        requested(now);
        if (isUnderWay()) {
            makeAnewAt(now + plan.timing().connectTimeout().toNanos());
        }
        return List.of();
    }

    private void makeAnewAt(long at) {
        if (!isMadeAnew && wakesAt == NEVER) {
            wakesAt = at;
        }
    }

    private List<Action> running() {
        if (phase == Phase.STARTING) {
            phase = Phase.RUNNING;
        }
        return List.of();
    }

    private List<Action> ended(CheckResult result, long now) {
        if (!isUnderWay()) {
            return List.of();
        }
        hysteresis = hysteresis.on(verdict(result));
        boolean isFast = isRequested || hysteresis.isChanging() || result.verdict() == Verdict.NOTHING;
        phase = Phase.IDLE;
        isSuspected = false;
        isMadeAnew = false;
        wakesAt = cadence.next(startedAt, now, isFast);
        return List.of();
    }

    private Verdict verdict(CheckResult result) {
        if (plan.request().onWrongStatus() == CheckPlan.OnWrongStatus.DRAIN || result.verdict() != Verdict.REFUSING) {
            return result.verdict();
        }
        // Where an answer tells a role, whoever is down stays so until it answers as expected.
        return result.cause() == Cause.STATUS
                ? Verdict.DENYING
                : hysteresis.health() == Health.DOWN ? Verdict.FAILURE : Verdict.REFUSING;
    }

    private List<Action> passed(long now) {
        if (wakesAt == NEVER || now - wakesAt < 0) {
            return List.of();
        }
        wakesAt = NEVER;
        return switch (phase) {
            case IDLE -> start(now);
            case RUNNING -> {
                isMadeAnew = true;
                start(now);
                yield List.of(Action.CANCEL, Action.START);
            }
            // It has not got as far as a connection that could be in the way.
            case STARTING, NEW, STOPPED -> List.of();
        };
    }

    private List<Action> start(long now) {
        phase = Phase.STARTING;
        startedAt = now;
        isRequested = false;
        return List.of(Action.START);
    }

    private List<Action> unwatched() {
        boolean hasCheck = phase == Phase.RUNNING;
        phase = Phase.STOPPED;
        wakesAt = NEVER;
        return hasCheck ? List.of(Action.CANCEL) : List.of();
    }

    private boolean isUnderWay() {
        return phase == Phase.STARTING || phase == Phase.RUNNING;
    }

    private boolean hasStarted() {
        return startedAt != NEVER;
    }
}
