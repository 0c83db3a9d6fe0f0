package io.hawser.lb.proxy;

import java.util.concurrent.TimeUnit;

/**
 * Says when the heap is so full that more connections would end the process. {@link #look} on one thread; the rest any.
 */
final class HeapWatch {
    /*
     * What is used is not what is needed: only a collection tells. Who does not accept allocates little, so that none
     * would come by itself; one is asked for, but seldom, as it stops the vrrp thread too: not before connections have
     * ended that it may free.
     */
    static final int FULL_PERCENT = 85;
    static final long LEAST_BETWEEN_NANOS = TimeUnit.SECONDS.toNanos(30);
    static final long MOST_BETWEEN_NANOS = TimeUnit.MINUTES.toNanos(5);

    private final Heap heap;
    private boolean hasCollected;
    private boolean wasFull;
    private long collectedAt;
    private int connectionsThen;
    private volatile boolean isShort;

    HeapWatch(Heap heap) {
        this.heap = heap;
    }

    /**
     * Looks at the heap, and has it collected when it looks full and that may help.
     *
     * @param connections how many there are now
     */
    void look(long now, int connections) {
        if (isFull() && mayHelp(now, connections)) {
            heap.collect();
            hasCollected = true;
            collectedAt = now;
            connectionsThen = connections;
            wasFull = isFull();
        }
        isShort = isFull();
    }

    private boolean isFull() {
        return heap.used() >= heap.most() / 100 * FULL_PERCENT;
    }

    private boolean mayHelp(long now, int connections) {
        if (!hasCollected || now - collectedAt >= MOST_BETWEEN_NANOS) {
            return true;
        }
        return now - collectedAt >= LEAST_BETWEEN_NANOS && (!wasFull || connections < connectionsThen);
    }

    /** Whether it was full at the last look. */
    boolean isShort() {
        return isShort;
    }
}
