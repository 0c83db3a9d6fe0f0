package io.hawser.lb.proxy;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many connections may be open at once, exactly, over all loops. Who found no room waits here and is told
 * when there is some. Any thread may call it; nothing blocks.
 */
final class Limit {
    /** Somebody who found no room. */
    interface Waiter {
        /** There may be room again. Any thread; it must not block. */
        void roomAgain();
    }

    private final AtomicInteger used = new AtomicInteger();
    private final Queue<Waiter> waiting = new ConcurrentLinkedQueue<>();
    private volatile int most;

    Limit(int most) {
        this.most = most;
    }

    /** Takes a place if there is one. */
    boolean tryAcquire() {
        int now;
        do {
            now = used.get();
            if (now >= most) {
                return false;
            }
        } while (!used.compareAndSet(now, now + 1));
        return true;
    }

    /** Gives a place back, and wakes who waits for one. */
    void release() {
        used.decrementAndGet();
        wakeIfRoom();
    }

    /** Wakes the waiter once, when there may be room; also when there is by now. */
    void await(Waiter waiter) {
        waiting.add(waiter);
        wakeIfRoom();
    }

    int used() {
        return used.get();
    }

    int most() {
        return most;
    }

    /** Changes the limit; connections beyond it stay. */
    void most(int next) {
        most = next;
        wakeIfRoom();
    }

    /*
     * All that wait are woken, not one for each place: the one woken may have nobody in its backlog, and the place would
     * stay empty while others have.
     */
    private void wakeIfRoom() {
        if (waiting.isEmpty() || used.get() >= most) {
            return;
        }
        Waiter waiter;
        while ((waiter = waiting.poll()) != null) {
            waiter.roomAgain();
        }
    }
}
