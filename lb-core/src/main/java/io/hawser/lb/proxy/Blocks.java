package io.hawser.lb.proxy;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of one event loop.
 *
 * <p>Last given back is first taken, so that traffic which flows freely uses one block that stays in the processor's
 * cache. A block is held longer only for a reader that cannot take what was read for it, one block for each direction of
 * a connection; when those add up to the budget, small blocks are given out, so that many slow readers slow each other
 * down but don't exhaust the memory.
 */
final class Blocks {
    static final int LARGE = 64 << 10;
    static final int SMALL = 4 << 10;
    private static final int SPARE_LARGE = 32;
    private static final int SPARE_SMALL = 1024;

    private final long budget;
    private final ArrayDeque<Block> large = new ArrayDeque<>();
    private final ArrayDeque<Block> small = new ArrayDeque<>();
    private long taken;

    Blocks(long budget) {
        this.budget = budget;
    }

    /** An empty block to be given back, or null when there is no memory left. */
    @Nullable
    Block take() {
        boolean roomy = taken + LARGE <= Math.max(budget, LARGE);
        Block block = roomy ? large.pollLast() : small.pollLast();
        if (block == null) {
            block = allocate(roomy ? LARGE : SMALL);
        }
        if (block != null) {
            taken += block.size();
        }
        return block;
    }

    /** An empty small block for what has to be kept a while, or null when the budget is used up. */
    @Nullable
    Block takeSmall() {
        return takeWithin(SMALL, small);
    }

    /** The same of a large block. */
    @Nullable
    Block takeLarge() {
        return takeWithin(LARGE, large);
    }

    /** An empty small block for a moment, whatever the budget says; null when there is no memory left. */
    @Nullable
    Block takeSmallAnyway() {
        Block block = small.pollLast();
        if (block == null) {
            block = allocate(SMALL);
        }
        if (block != null) {
            taken += SMALL;
        }
        return block;
    }

    // Who has to keep bytes of many clients that do nothing must be told when to stop; the relay is only slowed down.
    private @Nullable Block takeWithin(int size, ArrayDeque<Block> spare) {
        if (taken + size > Math.max(budget, LARGE)) {
            return null;
        }
        Block block = spare.pollLast();
        if (block == null) {
            block = allocate(size);
        }
        if (block != null) {
            taken += size;
        }
        return block;
    }

    /** Takes a block back. */
    void give(Block block) {
        taken -= block.size();
        block.from = 0;
        block.to = 0;
        boolean isLarge = block.size() == LARGE;
        ArrayDeque<Block> spare = isLarge ? large : small;
        if (spare.size() < (isLarge ? SPARE_LARGE : SPARE_SMALL)) {
            spare.addLast(block);
        }
    }

    /** Bytes in blocks that are out. */
    long taken() {
        return taken;
    }

    private static @Nullable Block allocate(int size) {
        try {
            return new Block(size);
        } catch (OutOfMemoryError e) {
            // Direct memory has a limit of its own; the connection that needs more is closed, the rest go on.
            return null;
        }
    }
}
