package io.hawser.lb.proxy;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Those of many connections over which nothing has gone for longest, up to a number of them. Made anew each time; event loop.
 */
final class LongestIdle {
    private record Idle(Tended connection, long nanos) {}

    private final int most;
    private final PriorityQueue<Idle> longest = new PriorityQueue<>(Comparator.comparingLong(Idle::nanos));

    /**
     * None yet.
     *
     * @param most how many at most, 1 or more
     */
    LongestIdle(int most) {
        this.most = most;
    }

    /**
     * Looks at one more.
     *
     * @param nanos for how long nothing has gone over it
     */
    void add(Tended connection, long nanos) {
        if (longest.size() < most) {
            longest.add(new Idle(connection, nanos));
        } else if (longest.element().nanos() < nanos) {
            longest.remove();
            longest.add(new Idle(connection, nanos));
        }
    }

    /** Those it has found. */
    List<Tended> found() {
        return longest.stream().map(Idle::connection).toList();
    }
}
