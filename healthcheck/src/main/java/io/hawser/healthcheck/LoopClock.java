package io.hawser.healthcheck;

/**
 * Tells how long the health loop itself was held up. Written by the health loop; {@link #lagNanos} may be read by any
 * thread.
 */
final class LoopClock {

    /*
     * A check that ran out of time while the loop stood still (a pause of the machine, a collection, a slow listener)
     * says nothing of the member: its answer may wait in the socket. So time limits are counted in running time, which
     * does not pass while the loop stands still. The loop ticks every TICK; a tick that comes late by more than
     * TOLERANCE was held up by that much, and until it comes, so is the present moment.
     */
    static final long TICK_NANOS = 50_000_000;
    private static final long TOLERANCE_NANOS = 10_000_000;

    private volatile long expectedAt;
    private volatile long lastLagNanos;
    private long stalledNanos;

    LoopClock(long now) {
        expectedAt = now + TICK_NANOS;
    }

    void tick(long now) {
        long late = Math.max(0, now - expectedAt);
        stalledNanos += beyondTolerance(late);
        lastLagNanos = late;
        expectedAt = now + TICK_NANOS;
    }

    /** The moment {@code now} on a scale that stands still while the loop does. */
    long running(long now) {
        return now - stalledNanos - beyondTolerance(now - expectedAt);
    }

    /** How late the last tick was or, if that is more, the one that is due. */
    long lagNanos(long now) {
        return Math.max(lastLagNanos, now - expectedAt);
    }

    private static long beyondTolerance(long lateNanos) {
        return lateNanos > TOLERANCE_NANOS ? lateNanos : 0;
    }
}
