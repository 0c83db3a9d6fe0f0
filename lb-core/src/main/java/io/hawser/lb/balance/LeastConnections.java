package io.hawser.lb.balance;

import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Weighted least-connections: the smallest number of connections per weight; equals take turns by weight, so that idle
 * members share short connections by weight too. Used by one thread.
 *
 * <p>A member in slow start has, seen alone, the fewest connections and would get every new one, all at once. So it takes
 * part only in that part of the choices which its ramp has reached, by lot, and with its weight lessened alike: at a tenth
 * of the ramp at most a tenth of the new connections go to it, and none once it has a tenth of its even share.
 */
final class LeastConnections implements Balancer {
    private static final int LEFT_OUT = -1;

    private final SmoothWeightedRoundRobin turns;
    private final SplittableRandom random;
    // Counts and ramps move while they are compared (other loops, time), so each is read once.
    private int[] active = new int[0];
    private long[] share = new long[0];

    LeastConnections(int seed) {
        turns = new SmoothWeightedRoundRobin(seed);
        random = new SplittableRandom(seed);
    }

    @Override
    public @Nullable Member pick(Members members, ExcludedMembers tried, long key, long now) {
        Member[] candidates = members.candidates();
        if (active.length < candidates.length) {
            active = new int[candidates.length];
            share = new long[candidates.length];
        }
        int best = leastLoaded(candidates, tried, now, members.mayRamp());
        if (best < 0 && members.mayRamp()) {
            best = leastLoaded(candidates, tried, now, false);
        }
        turns.begin(members, now);
        for (int i = best; i >= 0 && i < candidates.length; i++) {
            if (active[i] != LEFT_OUT && compare(i, best) == 0) {
                turns.admit(i);
            }
        }
        return turns.next();
    }

    private int leastLoaded(Member[] candidates, ExcludedMembers tried, long now, boolean byLot) {
        int best = -1;
        for (int i = 0; i < candidates.length; i++) {
            Member candidate = candidates[i];
            boolean out = candidate.isFull()
                    || tried.contains(candidate)
                    || (byLot && candidate.isRamping(now) && random.nextDouble() >= candidate.ramped(now));
            active[i] = out ? LEFT_OUT : candidate.active();
            share[i] = candidate.share(now);
            if (!out && (best < 0 || compare(i, best) < 0)) {
                best = i;
            }
        }
        return best;
    }

    // Compares active/share without dividing.
    private int compare(int left, int right) {
        return Long.compare(active[left] * share[right], active[right] * share[left]);
    }
}
