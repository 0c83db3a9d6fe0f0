package io.hawser.lb.proxy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who holds buffers of a loop because somebody does not read, or says half of what it must say, and who of them has to go
 * when memory is short. Made anew each time; event loop.
 *
 * @param <C> the connections
 */
final class Holdings<C> {
    /*
     * Who reads nothing goes first, longest first. Who reads, however slowly, follows, those first that have taken longest
     * over one buffer: else a byte now and then would be enough to keep all memory.
     */
    private static final Comparator<Holding<?>> WORST_FIRST = Comparator.<Holding<?>>comparingLong(
                    each -> -each.unreadNanos())
            .thenComparingLong(each -> -each.heldNanos());

    /** Of what may be out in large buffers: what one source may hold, and what one listener of several. */
    private static final int SOURCES = 4;

    private static final int LISTENERS = 2;

    /** What must have gone by for an idle moment of a reader not to be its end: when all memory is short, ... */
    private static final long LEAST_NANOS = 1_000_000_000L;

    /** ... and when only its source, or its listener, has more than its share. */
    private static final long PATIENCE_NANOS = 5_000_000_000L;

    /*
     * A reader that needs so long for one buffer is as good as none: the kernel asks for more when a third of what it may
     * hold has been read, which is 1.3 MB, so this is 22 KB a second. When all memory is short, it has no more time than
     * the others.
     */
    private static final long SLOW_NANOS = 60_000_000_000L;

    /**
     * What one connection holds.
     *
     * @param who the connection
     * @param source whom it belongs to: an IPv4 address, or the upper half of an IPv6 address
     * @param listener the listener's name
     * @param bytes how much it holds
     * @param unreadNanos for how long nothing of it has been read; 0 while something was just now, or nobody knows yet
     * @param heldNanos for how long it has held the buffer that it holds now
     */
    record Holding<C>(C who, long source, String listener, long bytes, long unreadNanos, long heldNanos) {
        boolean isUnreadFor(long nanos, long slowNanos) {
            return unreadNanos >= nanos || heldNanos >= slowNanos;
        }
    }

    private final List<Holding<C>> all = new ArrayList<>();
    private final Map<Long, Long> bySource = new HashMap<>();
    private final Map<String, Long> byListener = new HashMap<>();

    void add(Holding<C> holding) {
        all.add(holding);
        count(holding, holding.bytes());
    }

    private void count(Holding<C> holding, long bytes) {
        bySource.merge(holding.source(), bytes, Long::sum);
        byListener.merge(holding.listener(), bytes, Long::sum);
    }

    /**
     * Takes out those whose source or listener holds more than its share: as many as bring it back to that, the worst
     * first.
     *
     * @param budget bytes that may be held by all
     * @param severalListeners whether there is more than one that could need memory
     * @param isShort whether there is no memory beyond the budget either
     */
    List<C> beyondShares(long budget, boolean severalListeners, boolean isShort) {
        List<C> gone = new ArrayList<>();
        all.sort(WORST_FIRST);
        all.removeIf(each -> {
            boolean isBeyond = isMoreThan(bySource.get(each.source()), budget / SOURCES)
                    || (severalListeners && isMoreThan(byListener.get(each.listener()), budget / LISTENERS));
            boolean goes = isBeyond && each.isUnreadFor(PATIENCE_NANOS, isShort ? PATIENCE_NANOS : SLOW_NANOS);
            if (goes) {
                gone.add(each.who());
                count(each, -each.bytes());
            }
            return goes;
        });
        return gone;
    }

    private static boolean isMoreThan(@Nullable Long held, long share) {
        return held != null && held > share;
    }

    /** Those left that may have to go when memory is short, the worst first. */
    List<C> worstFirst() {
        all.sort(WORST_FIRST);
        return all.stream()
                .filter(each -> each.isUnreadFor(LEAST_NANOS, PATIENCE_NANOS))
                .map(Holding::who)
                .toList();
    }
}
