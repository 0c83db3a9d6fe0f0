package io.hawser.testkit;

/**
 * An amount of work that takes a free processor about two milliseconds. It is counted in steps, not in the time of a processor that the
 * kernel charges a thread for: where a hypervisor takes the processor away or shares it, that clock goes on, and nothing would seem late.
 */
public final class Work {
    /** How long it takes on a processor that has nothing else to do, in nanoseconds. */
    public static final long NANOS = 2_000_000;

    private static final int PORTION = 100_000;
    private static final int LOOKS = 50;
    private static final int TO_LOOK = 25;

    private static final long STEPS = measured();

    private static volatile long result;

    private Work() {}

    /** Does it once, on the calling thread. */
    public static void doOnce() {
        result = steps(STEPS);
    }

    /** How many times as long as on a free processor work takes now, looked at for some 50 ms; hardly below 1. */
    public static double stretch() {
        long startAt = System.nanoTime();
        for (int i = 0; i < TO_LOOK; i++) {
            doOnce();
        }
        return (System.nanoTime() - startAt) / (double) (TO_LOOK * NANOS);
    }

    /* The fastest of many small portions: none of those that a busy machine spoilt. The first ones are interpreted. */
    private static long measured() {
        long fastest = Long.MAX_VALUE;
        for (int look = 0; look < LOOKS; look++) {
            long startAt = System.nanoTime();
            result = steps(PORTION);
            fastest = Math.min(fastest, System.nanoTime() - startAt);
        }
        return NANOS * PORTION / Math.max(1, fastest);
    }

    /* Each step needs the one before, so that no compiler leaves any out. */
    private static long steps(long count) {
        long x = count;
        for (long i = 0; i < count; i++) {
            x = x * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
            x ^= x >>> 33;
        }
        return x;
    }
}
