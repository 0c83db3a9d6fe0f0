package io.hawser.vrrp.election;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is to happen in simulated time: by its time in nanoseconds, and at one time in the order it was put here. For one thread.
 *
 * <p>A binary heap over an array of keys: a simulation does little else than to put things here and to take the next, and would wait for
 * memory if each comparison followed two references. A key is the time and, below it, the number of what was put here before.
 */
final class Agenda {
    private static final int NUMBER_BITS = 24;

    private long[] keys = new long[128];
    private @Nullable Runnable[] entries = new Runnable[128];
    private int size;
    private long added;

    boolean isEmpty() {
        return size == 0;
    }

    /** The time of what comes next; only where there is something. */
    long nextAt() {
        return keys[0] >> NUMBER_BITS;
    }

    /** Puts something here, for a time of less than nine minutes. */
    void add(long time, Runnable what) {
        if (time >> (Long.SIZE - 1 - NUMBER_BITS) != 0 || added >> NUMBER_BITS != 0) {
            throw new IllegalArgumentException("entry " + added + " at " + time + " does not fit into a key");
        }
        if (size == keys.length) {
            keys = Arrays.copyOf(keys, 2 * size);
            entries = Arrays.copyOf(entries, 2 * size);
        }
        long key = time << NUMBER_BITS | added++;
        int hole = size++;
        for (int parent = (hole - 1) / 2; hole > 0 && key < keys[parent]; parent = (hole - 1) / 2) {
            move(parent, hole);
            hole = parent;
        }
        keys[hole] = key;
        entries[hole] = what;
    }

    /** Takes what comes next; only where there is something. */
    Runnable remove() {
        Runnable next = entries[0];
        if (next == null) {
            throw new IllegalStateException("nothing is left to happen");
        }
        int last = --size;
        int hole = 0;
        for (int child = 1; child < last; child = 2 * hole + 1) {
            // Behind the last child stands the key that moves: whichever is smaller, it ends up right.
            child += keys[child + 1] < keys[child] ? 1 : 0;
            if (keys[last] <= keys[child]) {
                break;
            }
            move(child, hole);
            hole = child;
        }
        move(last, hole);
        entries[last] = null;
        return next;
    }

    private void move(int from, int to) {
        keys[to] = keys[from];
        entries[to] = entries[from];
    }
}
