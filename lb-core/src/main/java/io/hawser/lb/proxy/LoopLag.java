package io.hawser.lb.proxy;

/**
 * How late the heart-beat of one loop is, which says how long what runs on it has to wait. Event loop, except where it says
 * otherwise.
 */
final class LoopLag {
    private static final int LAG_SECONDS = 16;

    private final int index;
    private final long beatNanos;
    private final int beatsPerSecond;
    private final long[] worstBySecond = new long[LAG_SECONDS];
    private volatile long beatAt;
    private volatile long worstNanos;

    /**
     * Of a loop that beats from now on.
     *
     * @param index the loop's
     * @param beatNanos the time from one beat to the next
     */
    LoopLag(int index, long beatNanos, int beatsPerSecond) {
        this.index = index;
        this.beatNanos = beatNanos;
        this.beatsPerSecond = beatsPerSecond;
        this.beatAt = System.nanoTime();
    }

    /**
     * The heart beats.
     *
     * @param at monotonic time in nanoseconds
     * @param beats how often it did before
     */
    void beat(long at, long beats) {
        long late = Math.max(0, at - beatAt - beatNanos);
        beatAt = at;
        LoopLagEvent.record(index, late);
        int second = (int) (beats / beatsPerSecond % LAG_SECONDS);
        worstBySecond[second] = beats % beatsPerSecond == 0 ? late : Math.max(worstBySecond[second], late);
        long worst = 0;
        for (long lag : worstBySecond) {
            worst = Math.max(worst, lag);
        }
        worstNanos = worst;
    }

    /** How long the loop has been busy with something else than its heart-beat. Any thread. */
    long stalledNanos() {
        return Math.max(0, System.nanoTime() - beatAt - beatNanos);
    }

    /** How late the heart-beat was at worst in the last 16 s, or is now. Any thread. */
    long worstNanos() {
        return Math.max(worstNanos, stalledNanos());
    }
}
