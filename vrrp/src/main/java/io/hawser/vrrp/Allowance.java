package io.hawser.vrrp;

/** A token bucket: so many in a second, and so many at once. Full at first. Owner's thread. */
final class Allowance {
    private static final long SECOND = 1_000_000_000L;

    private final long gapNanos;
    private final long depthNanos;
    /** When it would be full again; never further away than its depth. */
    private long fullAt;

    private boolean isUsed;

    /**
     * A full bucket.
     *
     * @param perSecond how many in a second in the long run
     * @param burst how many at once
     */
    Allowance(int perSecond, int burst) {
        gapNanos = SECOND / perSecond;
        depthNanos = gapNanos * burst;
    }

    /** Takes one, if there is one. */
    boolean take(long now) {
        if (!isUsed || now - fullAt > 0) {
            isUsed = true;
            fullAt = now;
        }
        if (fullAt + gapNanos - now > depthNanos) {
            return false;
        }
        fullAt += gapNanos;
        return true;
    }

    /** Whether at least a quarter of it is there. */
    boolean isWorthWhile(long now) {
        return !isUsed || fullAt - now <= depthNanos * 3 / 4;
    }
}
