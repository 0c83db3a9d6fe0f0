package io.hawser.lb.balance;

/** A quick generator of random numbers (xorshift64*) that allocates nothing. Used by one thread. */
final class Lot {
    private static final double UNIT = 0x1.0p-53;

    private long state;

    Lot(int seed) {
        state = AffinityKey.mix(seed + 0x9E3779B97F4A7C15L) | 1;
    }

    /** From 0, exclusively up to 1. */
    double next() {
        state ^= state >>> 12;
        state ^= state << 25;
        state ^= state >>> 27;
        return ((state * 0x2545F4914F6CDD1DL) >>> 11) * UNIT;
    }
}
