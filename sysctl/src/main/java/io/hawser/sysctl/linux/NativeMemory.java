package io.hawser.sysctl.linux;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;

/**
 * Bytes outside of the heap, given back when it is closed and not when a collector happens to find them. Any thread; a
 * use after the end throws.
 */
public final class NativeMemory implements AutoCloseable {
    private final Arena arena;
    private final ByteBuffer bytes;

    private NativeMemory(Arena arena, int size) {
        this.arena = arena;
        try {
            bytes = arena.allocate(size).asByteBuffer();
        } catch (OutOfMemoryError e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Takes zeroed memory. -XX:MaxDirectMemorySize does not bound it: who takes much keeps a budget.
     *
     * @throws LinuxException when the kernel has none
     */
    @SuppressWarnings("MustBeClosedChecker") // close() closes it
    public static NativeMemory of(int size) {
        return take(Arena.ofShared(), size);
    }

    /**
     * The same for the calling thread alone, which is cheaper to give back; any other use throws.
     *
     * @throws LinuxException when the kernel has none
     */
    @SuppressWarnings("MustBeClosedChecker") // close() closes it
    public static NativeMemory ofThisThread(int size) {
        return take(Arena.ofConfined(), size);
    }

    private static NativeMemory take(Arena arena, int size) {
        try {
            return new NativeMemory(arena, size);
        } catch (OutOfMemoryError e) {
            throw new LinuxException("cannot allocate " + size + " bytes of native memory: " + e.getMessage(), e);
        }
    }

    /** The memory; absolute access only, as it is shared. */
    public ByteBuffer bytes() {
        return bytes;
    }

    /** Gives it back. */
    @Override
    public void close() {
        arena.close();
    }
}
