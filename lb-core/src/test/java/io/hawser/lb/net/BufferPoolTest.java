package io.hawser.lb.net;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BufferPoolTest {
    private static final int SMALL = Buffer.allocated(BufferPool.SMALL);

    @Test
    void memoryIsCountedAsAllocatedAndFreedAtOnce() {
        long before = DirectMemory.taken();
        long freeBefore = DirectMemory.free();
        BufferPool buffers = new BufferPool(0, 10L * SMALL);
        List<Buffer> held = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            held.add(requireNonNull(buffers.takeSmallAnyway()));
        }
        assertEquals(100L * SMALL, DirectMemory.taken() - before);
        assertEquals(100L * SMALL, buffers.taken());

        held.forEach(buffers::release);

        assertEquals(0, buffers.taken());
        assertEquals(5L * SMALL, DirectMemory.taken() - before, "half of the spare memory");
        buffers.freeSpare();
        assertEquals(2L * SMALL, DirectMemory.taken() - before);
        buffers.close();
        assertEquals(0, DirectMemory.taken() - before);
        assertEquals(freeBefore, DirectMemory.free());
    }

    @Test
    void whatWasGivenBackIsOfNoUseAnyMore() {
        BufferPool buffers = new BufferPool(1 << 20, 1 << 20);
        Buffer buffer = requireNonNull(buffers.take());
        buffer.append(new byte[100]);
        buffers.release(buffer);

        assertThrows(IllegalStateException.class, buffer::address);
        assertThrows(IllegalStateException.class, buffer::memory);
        assertThrows(IllegalStateException.class, () -> buffer.append(new byte[1]));
        assertThrows(IllegalStateException.class, () -> buffers.release(buffer));
        assertEquals(0, buffers.taken());
        buffers.close();
        assertThrows(IllegalStateException.class, buffer::address);
    }

    @Test
    void whatIsHeldIsNotFreed() {
        BufferPool buffers = new BufferPool(1 << 20, 1 << 20);
        Buffer buffer = requireNonNull(buffers.take());
        assertThrows(IllegalStateException.class, buffer::free);
        buffers.close();
        buffer.append(new byte[100]);
        buffers.release(buffer);
        assertThrows(IllegalStateException.class, buffer::address);
    }

    @Test
    void whatIsTakenAgainIsEmptyAndHasOneHolder() {
        BufferPool buffers = new BufferPool(1 << 20, 1 << 20);
        Buffer first = requireNonNull(buffers.take());
        first.append(new byte[100]);
        buffers.release(first);
        Buffer second = requireNonNull(buffers.take());
        assertEquals(first, second);
        assertEquals(0, second.to);
        assertThrows(IllegalStateException.class, second::taken);
        buffers.release(second);
        buffers.close();
    }

    @Test
    void whoHasAcknowledgedMoreSinceTheLastLookHasRead() {
        BufferPool buffers = new BufferPool(1 << 20, 1 << 20);
        Buffer buffer = requireNonNull(buffers.take());
        buffer.held(100);
        assertEquals(500, buffer.readAt(500), "nobody has looked");
        buffer.acknowledged(7, 1000);
        assertEquals(1000, buffer.readAt(1000), "one look tells nothing");
        buffer.acknowledged(7, 2000);
        assertEquals(100, buffer.readAt(2000));
        buffer.acknowledged(8, 3000);
        assertEquals(3000, buffer.readAt(3500));
        buffer.moved(3600);
        assertEquals(3600, buffer.readAt(4000));
        assertEquals(100, buffer.heldAt());
        buffers.release(buffer);
        buffers.close();
    }
}
