package io.hawser.testkit;

import java.util.zip.CRC32;

/**
 * An amount of work that takes a free processor about two milliseconds. It is counted in steps, not in the time of a processor that the
 * kernel charges a thread for: where a hypervisor takes the processor away or shares it, that clock goes on, and nothing would seem late.
 */
public final class Work {
    /** How long it takes on a processor that has nothing else to do, in nanoseconds. */
    public static final long NANOS = 2_000_000;

    private static final int PORTION_BYTES = 32 << 10;
    private static final int PORTIONS = 8;
    private static final int LOOKS = 20_000;
    private static final int TO_LOOK = 25;

    private static final byte[] BYTES = new byte[PORTION_BYTES];
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

    /* The fastest of many short looks: none of those that a busy machine spoilt. */
    private static long measured() {
        long fastest = Long.MAX_VALUE;
        for (int look = 0; look < LOOKS; look++) {
            long startAt = System.nanoTime();
            result = steps(PORTIONS);
            fastest = Math.min(fastest, System.nanoTime() - startAt);
        }
        return NANOS * PORTIONS / Math.max(1, fastest);
    }

    /* A checksum is the same machine code whether its caller is interpreted or compiled: it is as fast at first as later. */
    private static long steps(long count) {
        CRC32 sum = new CRC32();
        for (long i = 0; i < count; i++) {
            sum.update(BYTES, 0, PORTION_BYTES);
        }
        return sum.getValue();
    }
}
