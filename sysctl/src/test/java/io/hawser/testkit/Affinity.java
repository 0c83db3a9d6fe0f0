package io.hawser.testkit;

import jnr.ffi.LibraryLoader;
import jnr.ffi.types.pid_t;
import jnr.ffi.types.size_t;

/** Which processor a thread runs on. */
final class Affinity {
    private static final int MOST_PROCESSORS = 1024;

    /** As libc has it. */
    public interface Native {
        /** Of a thread, 0 for the calling one; in {@code mask} a bit stands for a processor. */
        int sched_setaffinity(@pid_t long thread, @size_t long size, byte[] mask);

        /** The bytes that were filled, or -1. */
        int sched_getaffinity(@pid_t long thread, @size_t long size, byte[] mask);
    }

    private static final Native LIBC = LibraryLoader.create(Native.class).load("c");

    private Affinity() {}

    /**
     * Has the calling thread run on one of the processors that are permitted to it, and on no other.
     *
     * @param nth 0 for the first that is permitted
     * @throws IllegalArgumentException if there are not so many
     */
    static void keepThisThreadOn(int nth) {
        byte[] mask = new byte[MOST_PROCESSORS / Byte.SIZE];
        if (LIBC.sched_getaffinity(0, mask.length, mask) < 0) {
            throw new IllegalStateException("the kernel does not say which processors are permitted");
        }
        int left = nth;
        for (int processor = 0; processor < MOST_PROCESSORS; processor++) {
            int bit = 1 << processor % Byte.SIZE;
            if ((mask[processor / Byte.SIZE] & bit) == 0 || left-- > 0) {
                continue;
            }
            byte[] one = new byte[mask.length];
            one[processor / Byte.SIZE] = (byte) bit;
            if (LIBC.sched_setaffinity(0, one.length, one) != 0) {
                throw new IllegalStateException("a thread may not choose processor " + processor);
            }
            return;
        }
        throw new IllegalArgumentException("there is no processor number " + nth);
    }
}
