package io.hawser.lb.balance;

import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Draws two members, each with a chance by its weight, and takes the one with fewer connections for its weight: nearly as
 * even as looking at all, in time that does not grow with the pool, and without many loops or nodes running after the
 * same least loaded member at once (Mitzenmacher, "The power of two choices in randomized load balancing"). Used by one
 * thread.
 */
final class TwoChoices implements Balancer {
    private static final int MOST_DRAWS = 8;

    private final SplittableRandom random;
    private @Nullable Members members;
    private Member[] candidates = new Member[0];
    // Sums of the weights up to and with each candidate.
    private long[] upTo = new long[0];

    TwoChoices(int seed) {
        random = new SplittableRandom(seed);
    }

    @Override
    public @Nullable Member pick(Members current, ExcludedMembers tried, long key, long now) {
        if (current != members) {
            members = current;
            adopt(current.candidates());
        }
        if (candidates.length == 0) {
            return null;
        }
        Member one = draw(tried, null, now);
        if (one == null) {
            return leastLoaded(tried, now);
        }
        Member two = candidates.length == 1 ? null : draw(tried, one, now);
        return two == null || LoadComparison.compare(one, two, now) <= 0 ? one : two;
    }

    /** A candidate by lot; null when the lot did not fall on one that may be taken in a few draws. */
    private @Nullable Member draw(ExcludedMembers tried, @Nullable Member except, long now) {
        for (int i = 0; i < MOST_DRAWS; i++) {
            Member drawn = candidates[find((long) (random.nextDouble() * upTo[upTo.length - 1]))];
            boolean mayBeTaken = drawn != except && !drawn.isFull() && !tried.contains(drawn);
            if (mayBeTaken && (!drawn.isRamping(now) || random.nextDouble() < drawn.ramped(now))) {
                return drawn;
            }
        }
        return null;
    }

    private int find(long place) {
        int low = 0;
        int high = upTo.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (place < upTo[middle]) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private @Nullable Member leastLoaded(ExcludedMembers tried, long now) {
        return LoadComparison.least(candidates, tried, now);
    }

    private void adopt(Member[] current) {
        candidates = current;
        upTo = new long[current.length];
        long sum = 0;
        for (int i = 0; i < current.length; i++) {
            sum += Math.max(1, current[i].weight());
            upTo[i] = sum;
        }
    }
}
