package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HeapWatchTest {
    private final FakeHeap heap = new FakeHeap();
    private final HeapWatch watch = new HeapWatch(heap);

    @Test
    void belowTheThresholdNothingIsCollected() {
        heap.needed = 84;
        watch.look(0, 1000);
        assertFalse(watch.isShort());
        assertEquals(0, heap.collections);
    }

    @Test
    void garbageIsCollectedAndNotTakenForAShortage() {
        heap.needed = 50;
        heap.garbage = 40;
        watch.look(0, 1000);
        assertFalse(watch.isShort());
        assertEquals(1, heap.collections);
    }

    @Test
    void whatIsNeededIsAShortageThatIsNotCollectedForAgainAndAgain() {
        heap.needed = 85;
        for (long now = 0; now < HeapWatch.MOST_BETWEEN_NANOS; now += HeapWatch.LEAST_BETWEEN_NANOS) {
            watch.look(now, 1000);
            assertTrue(watch.isShort());
        }
        assertEquals(1, heap.collections);
        watch.look(HeapWatch.MOST_BETWEEN_NANOS, 1000);
        assertEquals(2, heap.collections);
    }

    /** Whoever does not accept allocates nothing, so that no collection would come by itself. */
    @Test
    void theShortageEndsByItselfWhenConnectionsHaveEnded() {
        heap.needed = 90;
        watch.look(0, 1000);
        heap.needed = 40;
        heap.garbage = 50;
        watch.look(HeapWatch.LEAST_BETWEEN_NANOS - 1, 10);
        assertTrue(watch.isShort(), "not collected again so soon");
        watch.look(HeapWatch.LEAST_BETWEEN_NANOS, 10);
        assertFalse(watch.isShort());
        assertEquals(2, heap.collections);
    }

    @Test
    void garbageThatComesSoonAfterACollectionWaits() {
        heap.needed = 80;
        heap.garbage = 10;
        watch.look(0, 1000);
        heap.garbage = 10;
        watch.look(1, 2000);
        assertTrue(watch.isShort());
        watch.look(HeapWatch.LEAST_BETWEEN_NANOS, 2000);
        assertFalse(watch.isShort());
    }

    /** A heap of 100 bytes. */
    static final class FakeHeap implements Heap {
        volatile long needed;
        volatile long garbage;
        volatile int collections;

        @Override
        public long most() {
            return 100;
        }

        @Override
        public long used() {
            return needed + garbage;
        }

        @Override
        public synchronized void collect() {
            garbage = 0;
            collections++;
        }
    }
}
