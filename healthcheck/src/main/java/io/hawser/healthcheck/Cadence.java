package io.hawser.healthcheck;

/**
 * When a member is checked next. Immutable.
 *
 * @param intervalNanos from one check to the next in calm times
 * @param fastNanos the same while something changes; at most the interval
 * @param phaseNanos this member's place within the interval
 */
record Cadence(long intervalNanos, long fastNanos, long phaseNanos) {

    /** The fractional part of the golden ratio: its multiples spread any number of members evenly over an interval. */
    private static final double GOLDEN = 0.6180339887498949;

    static Cadence of(CheckPlan.Timing timing, int index) {
        long interval = timing.interval().toNanos();
        double place = index * GOLDEN;
        return new Cadence(interval, Math.min(interval, timing.fastInterval().toNanos()), (long)
                ((place - Math.floor(place)) * interval));
    }

    /**
     * The start of the next check.
     *
     * @param startedAt the start of the one that has just ended
     * @param now never earlier than this
     * @param fast whether something changes; else the next place on the member's own grid is taken, at most an interval
     *     away, so that members stay spread out whatever brought them together
     */
    long next(long startedAt, long now, boolean fast) {
        long at = fast ? startedAt + fastNanos : startedAt + toGrid(startedAt);
        return at - now >= 0 ? at : now;
    }

    private long toGrid(long startedAt) {
        return intervalNanos - Math.floorMod(startedAt - phaseNanos, intervalNanos);
    }
}
