package io.hawser.lb.admission;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many connections may be open at once, exactly, over all loops. A waiter that found no
 * room is called back when there may be some; nothing else is known of it. Any thread may call it; nothing blocks.
 */
public final class ConnectionLimit {
    /** Somebody who found no room. */
    public interface Waiter {
        /** There may be room again. Any thread; it must not block. */
        void roomAgain();
    }

    private final AtomicInteger used = new AtomicInteger();
    private final Queue<Waiter> waiting = new ConcurrentLinkedQueue<>();
    private volatile int most;

    /**
     * Nobody is in yet.
     *
     * @param most how many may be, 1 or more
     */
    public ConnectionLimit(int most) {
        this.most = most;
    }

    /** Takes a place if there is one. */
    public boolean tryAcquire() {
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
    public void release() {
        used.decrementAndGet();
        wakeIfRoom();
    }

    /** Wakes the waiter once, when there may be room; also when there is by now. */
    public void await(Waiter waiter) {
        waiting.add(waiter);
        wakeIfRoom();
    }

    /** How many are open now. */
    public int used() {
        return used.get();
    }

    /** How many may be open. */
    public int most() {
        return most;
    }

    /** Changes the limit; connections beyond it stay. */
    public void most(int next) {
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
