package io.hawser.lb.proxy;

/**
 * How many second attempts one loop may make for one pool: one for ten connections, and a few at once. Used by one thread;
 * reads no clock.
 *
 * <p>Without it a pool that has become slow would get each connection twice, and be slower still. A trickle that doesn't
 * depend on connections keeps a quiet listener from being without any after a bad day.
 */
final class HedgeBudget {
    private static final double PER_CONNECTION = 0.1;
    private static final double PER_SECOND = 1;
    private static final double MOST = 20;
    private static final double NANOS_PER_SECOND = 1e9;

    private double tokens = MOST;
    private long refilledAt;

    HedgeBudget(long now) {
        refilledAt = now;
    }

    /** A connection looks for a member. */
    void connection() {
        tokens = Math.min(MOST, tokens + PER_CONNECTION);
    }

    /** Whether a second attempt may be made. */
    boolean isGranted(long now) {
        tokens = Math.min(MOST, tokens + (now - refilledAt) / NANOS_PER_SECOND * PER_SECOND);
        refilledAt = now;
        return tokens >= 1;
    }

    /** One that was granted is made. */
    void spend() {
        tokens--;
    }
}
