package io.hawser.lb.net;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of one event loop. On its thread only.
 *
 * <p>Last given back is first taken, so that traffic which flows freely uses one block that stays in the processor's
 * cache. A block is held longer only for a reader that cannot take what was read for it, one block for each direction of
 * a connection; when those add up to the budget, small blocks are given out, so that many slow readers slow each other
 * down but don't exhaust the memory. Memory is freed when it is no longer needed, not when a collector finds it.
 */
public final class Blocks {
    /** Bytes that a large block is for. */
    public static final int LARGE = 64 << 10;

    /** Bytes that a small block is for. */
    public static final int SMALL = 4 << 10;

    private static final int LEAST_SPARE = 2;

    private final long budget;
    private final ArrayDeque<Block> large = new ArrayDeque<>();
    private final ArrayDeque<Block> small = new ArrayDeque<>();
    private int mostSpareLarge;
    private int mostSpareSmall;
    private long taken;

    /**
     * No blocks yet.
     *
     * @param budget how many bytes of memory may be out in large blocks, or be kept for those that do nothing
     * @param spare how many bytes of memory may wait to be used again, if two blocks of each size are not more
     */
    public Blocks(long budget, long spare) {
        this.budget = Math.max(budget, Block.allocated(LARGE));
        mostSpareLarge = mostSpare(spare / 2, LARGE);
        mostSpareSmall = mostSpare(spare / 2, SMALL);
    }

    private static int mostSpare(long bytes, int size) {
        return (int) Math.max(LEAST_SPARE, bytes / Block.allocated(size));
    }

    /** An empty block to be given back, or null when there is no memory left. */
    public @Nullable Block take() {
        return isRoomy() ? take(large, LARGE) : take(small, SMALL);
    }

    /** Whether the next block may be a large one. */
    public boolean isRoomy() {
        return taken + Block.allocated(LARGE) <= budget;
    }

    /** An empty small block for what has to be kept a while, or null when the budget is used up. */
    public @Nullable Block takeSmall() {
        return takeWithin(SMALL, small);
    }

    /** The same of a large block. */
    public @Nullable Block takeLarge() {
        return takeWithin(LARGE, large);
    }

    /** An empty small block for a moment, whatever the budget says; null when there is no memory left. */
    @Nullable
    Block takeSmallAnyway() {
        return take(small, SMALL);
    }

    // Who has to keep bytes of many clients that do nothing must be told when to stop; the relay is only slowed down.
    private @Nullable Block takeWithin(int size, ArrayDeque<Block> spare) {
        return taken + Block.allocated(size) > budget ? null : take(spare, size);
    }

    private @Nullable Block take(ArrayDeque<Block> spare, int size) {
        Block block = spare.pollLast();
        if (block == null) {
            block = Block.allocate(size);
        }
        if (block != null) {
            block.taken();
            taken += block.capacity();
        }
        return block;
    }

    /** Takes a block back, which is not the caller's any more. */
    public void give(Block block) {
        block.given();
        taken -= block.capacity();
        boolean isLarge = block.size() == LARGE;
        ArrayDeque<Block> spare = isLarge ? large : small;
        if (spare.size() < (isLarge ? mostSpareLarge : mostSpareSmall)) {
            spare.addLast(block);
        } else {
            block.free();
        }
    }

    /** Frees what waits to be used again, but for two blocks of each size. */
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

    private static void free(ArrayDeque<Block> spare, int but) {
        while (spare.size() > but) {
            spare.removeFirst().free();
        }
    }

    /** Bytes of memory that may be out in large blocks. */
    public long budget() {
        return budget;
    }

    /** Bytes of memory in blocks that are out. */
    public long taken() {
        return taken;
    }
}
