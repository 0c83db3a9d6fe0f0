package io.hawser.lb.net;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of one event loop. On its thread only.
 *
 * <p>Last given back is first taken, so that traffic which flows freely uses one buffer that stays in the processor's
 * cache. A buffer is held longer only for a reader that cannot take what was read for it, one buffer for each direction of
 * a connection; when those add up to the budget, small buffers are given out, so that many slow readers slow each other
 * down but don't exhaust the memory. Memory is freed when it is no longer needed, not when a collector finds it.
 */
public final class BufferPool {
    /** Bytes that a large buffer is for. */
    public static final int LARGE = 64 << 10;

    /** Bytes that a small buffer is for. */
    public static final int SMALL = 4 << 10;

    private static final int LEAST_SPARE = 2;

    private final long budget;
    private final ArrayDeque<Buffer> large = new ArrayDeque<>();
    private final ArrayDeque<Buffer> small = new ArrayDeque<>();
    private int mostSpareLarge;
    private int mostSpareSmall;
    private long taken;

    /**
     * No buffers yet.
     *
     * @param budget how many bytes of memory may be out in large buffers, or be kept for those that do nothing
     * @param spare how many bytes of memory may wait to be used again, if two buffers of each size are not more
     */
    public BufferPool(long budget, long spare) {
        this.budget = Math.max(budget, Buffer.allocated(LARGE));
        mostSpareLarge = mostSpare(spare / 2, LARGE);
        mostSpareSmall = mostSpare(spare / 2, SMALL);
    }

    private static int mostSpare(long bytes, int size) {
        return (int) Math.max(LEAST_SPARE, bytes / Buffer.allocated(size));
    }

    /** An empty buffer to be given back, or null when there is no memory left. */
    public @Nullable Buffer take() {
        return isRoomy() ? take(large, LARGE) : take(small, SMALL);
    }

    /** Whether the next buffer may be a large one. */
    public boolean isRoomy() {
        return taken + Buffer.allocated(LARGE) <= budget;
    }

    /** An empty small buffer for what has to be kept a while, or null when the budget is used up. */
    public @Nullable Buffer takeSmall() {
        return takeWithin(SMALL, small);
    }

    /** The same of a large buffer. */
    public @Nullable Buffer takeLarge() {
        return takeWithin(LARGE, large);
    }

    /**
     * Bytes, and behind them what a buffer holds, which is given back.
     *
     * @param ahead at most what a small buffer is for
     * @param rest null for nothing
     * @return null, with that buffer left alone, when the budget is used up or there is no memory left
     */
    public @Nullable Buffer joined(byte[] ahead, @Nullable Buffer rest) {
        Buffer joined = takeSmall();
        if (joined == null) {
            return null;
        }
        joined.append(ahead);
        if (rest == null) {
            return joined;
        }
        if (joined.to + rest.to - rest.from > joined.size()) {
            Buffer larger = takeLarge();
            if (larger == null) {
                release(joined);
                return null;
            }
            larger.append(joined);
            release(joined);
            joined = larger;
        }
        joined.append(rest);
        release(rest);
        return joined;
    }

    /** An empty small buffer for a moment, whatever the budget says; null when there is no memory left. */
    @Nullable
    Buffer takeSmallAnyway() {
        return take(small, SMALL);
    }

    // Who has to keep bytes of many clients that do nothing must be told when to stop; the relay is only slowed down.
    private @Nullable Buffer takeWithin(int size, ArrayDeque<Buffer> spare) {
        return taken + Buffer.allocated(size) > budget ? null : take(spare, size);
    }

    private @Nullable Buffer take(ArrayDeque<Buffer> spare, int size) {
        Buffer buffer = spare.pollLast();
        if (buffer == null) {
            buffer = Buffer.allocate(size);
        }
        if (buffer != null) {
            buffer.taken();
            taken += buffer.capacity();
        }
        return buffer;
    }

    /** Takes a buffer back, which is not the caller's any more. */
    public void release(Buffer buffer) {
        buffer.given();
        taken -= buffer.capacity();
        boolean isLarge = buffer.size() == LARGE;
        ArrayDeque<Buffer> spare = isLarge ? large : small;
        if (spare.size() < (isLarge ? mostSpareLarge : mostSpareSmall)) {
            spare.addLast(buffer);
        } else {
            buffer.free();
        }
    }

    /** Frees what waits to be used again, but for two buffers of each size. */
    public void freeSpare() {
        free(large, LEAST_SPARE);
        free(small, LEAST_SPARE);
    }

    /** Frees all that is there, and from now on what is given back. */
    public void close() {
        mostSpareLarge = 0;
        mostSpareSmall = 0;
        free(large, 0);
        free(small, 0);
    }

    private static void free(ArrayDeque<Buffer> spare, int but) {
        while (spare.size() > but) {
            spare.removeFirst().free();
        }
    }

    /** Bytes of memory that may be out in large buffers. */
    public long budget() {
        return budget;
    }

    /** Bytes of memory in buffers that are out. */
    public long taken() {
        return taken;
    }
}
