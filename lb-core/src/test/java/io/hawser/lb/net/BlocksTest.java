package io.hawser.lb.net;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BlocksTest {
    private static final int SMALL = Block.allocated(Blocks.SMALL);

    @Test
    void memoryIsCountedAsAllocatedAndFreedAtOnce() {
        long before = DirectMemory.taken();
        long freeBefore = DirectMemory.free();
        Blocks blocks = new Blocks(0, 10L * SMALL);
        List<Block> held = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            held.add(requireNonNull(blocks.takeSmallAnyway()));
        }
        assertEquals(100L * SMALL, DirectMemory.taken() - before);
        assertEquals(100L * SMALL, blocks.taken());

        held.forEach(blocks::give);

        assertEquals(0, blocks.taken());
        assertEquals(5L * SMALL, DirectMemory.taken() - before, "half of the spare memory");
        blocks.freeSpare();
        assertEquals(2L * SMALL, DirectMemory.taken() - before);
        blocks.close();
        assertEquals(0, DirectMemory.taken() - before);
        assertEquals(freeBefore, DirectMemory.free());
    }

    @Test
    void whatWasGivenBackIsOfNoUseAnyMore() {
        Blocks blocks = new Blocks(1 << 20, 1 << 20);
        Block block = requireNonNull(blocks.take());
        block.append(new byte[100]);
        blocks.give(block);

        assertThrows(IllegalStateException.class, block::address);
        assertThrows(IllegalStateException.class, block::memory);
        assertThrows(IllegalStateException.class, () -> block.append(new byte[1]));
        assertThrows(IllegalStateException.class, () -> blocks.give(block));
        assertEquals(0, blocks.taken());
        blocks.close();
        assertThrows(IllegalStateException.class, block::address);
    }

    @Test
    void whatIsHeldIsNotFreed() {
        Blocks blocks = new Blocks(1 << 20, 1 << 20);
        Block block = requireNonNull(blocks.take());
        assertThrows(IllegalStateException.class, block::free);
        blocks.close();
        block.append(new byte[100]);
        blocks.give(block);
        assertThrows(IllegalStateException.class, block::address);
    }

    @Test
    void whatIsTakenAgainIsEmptyAndHasOneHolder() {
        Blocks blocks = new Blocks(1 << 20, 1 << 20);
        Block first = requireNonNull(blocks.take());
        first.append(new byte[100]);
        blocks.give(first);
        Block second = requireNonNull(blocks.take());
        assertEquals(first, second);
        assertEquals(0, second.to);
        assertThrows(IllegalStateException.class, second::taken);
        blocks.give(second);
        blocks.close();
    }

    @Test
    void whoHasAcknowledgedMoreSinceTheLastLookHasRead() {
        Blocks blocks = new Blocks(1 << 20, 1 << 20);
        Block block = requireNonNull(blocks.take());
        block.held(100);
        assertEquals(500, block.readAt(500), "nobody has looked");
        block.acknowledged(7, 1000);
        assertEquals(1000, block.readAt(1000), "one look tells nothing");
        block.acknowledged(7, 2000);
        assertEquals(100, block.readAt(2000));
        block.acknowledged(8, 3000);
        assertEquals(3000, block.readAt(3500));
        block.moved(3600);
        assertEquals(3600, block.readAt(4000));
        assertEquals(100, block.heldAt());
        blocks.give(block);
        blocks.close();
    }
}
