package io.hawser.lb.proxy;

import io.hawser.lb.admission.ConnectionLimit;
import io.hawser.lb.net.BufferPool;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether memory is short for the connections of one loop, and who has to go then. Event loop. */
final class MemoryPressure {
    private static final Logger log = LoggerFactory.getLogger(MemoryPressure.class);
    private static final long LEAST_MEMORY = 4L << 20;
    // Below it memory is taken from who does not use it, so that the least is not reached.
    private static final long ENOUGH_MEMORY = 2 * LEAST_MEMORY;

    private final LongSupplier memory;
    private final HeapWatch heap;
    private final BufferPool buffers;
    private final ConnectionLimit limit;
    private final IntSupplier listeners;
    private final Counters counters;
    private @Nullable Shortage shortage;
    private @Nullable Sweep asking;

    /**
     * No pressure yet.
     *
     * @param memory bytes of native memory that are left
     * @param heap the heap, at which somebody else looks
     * @param buffers the loop's
     * @param limit knows how many connections there are
     * @param listeners how many there are
     */
    MemoryPressure(
            LongSupplier memory,
            HeapWatch heap,
            BufferPool buffers,
            ConnectionLimit limit,
            IntSupplier listeners,
            Counters counters) {
        this.memory = memory;
        this.heap = heap;
        this.buffers = buffers;
        this.limit = limit;
        this.listeners = listeners;
        this.counters = counters;
    }

    /** Looks how much is left. */
    void look() {
        Shortage found =
                memory.getAsLong() < LEAST_MEMORY ? Shortage.NATIVE_MEMORY : heap.isShort() ? Shortage.HEAP : null;
        if (found != null && found != shortage) {
            counters.shortages.increment();
            log.atWarn()
                    .addKeyValue("connections", limit.used())
                    .addKeyValue("remedy", found.remedy())
                    .log("{}; not accepting until some is free", found.text());
        }
        shortage = found;
    }

    /** Which memory was so short at the last look that nobody must be taken on; null for none. */
    @Nullable
    Shortage shortage() {
        return shortage;
    }

    /*
     * While there is room nobody is asked. When large buffers are used up, whose source or listener has more than its share
     * loses what has been held longest; when native memory runs short, whoever has held longest goes, until there is some:
     * before newcomers would have to wait for it.
     */
    /**
     * Ends connections, if need be, that hold memory for who does not read or has not said all that it must.
     *
     * @param greeting those that have not
     * @param established those that may not read
     * @param clock monotonic time in nanoseconds
     */
    void relieve(Sweeps sweeps, ConnectionList greeting, ConnectionList established, LongSupplier clock) {
        boolean isShort = memory.getAsLong() < ENOUGH_MEMORY;
        if (isShort) {
            buffers.freeSpare();
        } else if (buffers.isRoomy()) {
            return;
        }
        if (asking != null && asking.isUnderWay()) {
            return;
        }
        long since = clock.getAsLong();
        Holdings<Tended> holdings = new Holdings<>();
        // Who says all while they are asked goes from the one list to the other, and counts once.
        Set<Tended> holders = new HashSet<>();
        asking = sweeps.once(
                List.of(established, greeting),
                connection -> {
                    Holdings.Holding<Tended> holding = connection.holding(clock.getAsLong());
                    if (holding != null && holders.add(connection)) {
                        holdings.add(holding);
                    }
                },
                () -> endWorst(holdings, isShort, since));
    }

    private void endWorst(Holdings<Tended> holdings, boolean isShort, long since) {
        holdings.beyondShares(buffers.budget(), listeners.getAsInt() > 1, isShort)
                .forEach(connection -> end(connection, since));
        for (Tended connection : holdings.worstFirst()) {
            if (memory.getAsLong() >= ENOUGH_MEMORY) {
                return;
            }
            end(connection, since);
            buffers.freeSpare();
        }
    }

    private void end(Tended connection, long since) {
        if (connection.endForMemory(since)) {
            counters.unread.increment();
        }
    }
}
