package io.hawser.lb.balance;

import org.jspecify.annotations.Nullable;

/**
 * Weighted least-connections: the smallest number of connections per weight; equals take turns by weight, so that idle
 * members share short connections by weight too. Used by one thread.
 */
final class LeastConnections implements Balancer {
    private final Turns turns;
    // Counts move while they are compared (other loops), so each is read once.
    private int[] active = new int[0];

    LeastConnections(int seed) {
        turns = new Turns(seed);
    }

    @Override
    public @Nullable Member pick(Members members, Tried tried) {
        Member[] candidates = members.candidates();
        if (active.length < candidates.length) {
            active = new int[candidates.length];
        }
        int best = leastLoaded(candidates, tried);
        turns.begin(members);
        for (int i = best; i >= 0 && i < candidates.length; i++) {
            if (compare(candidates, i, best) == 0 && !tried.contains(candidates[i])) {
                turns.admit(i);
            }
        }
        return turns.next();
    }

    private int leastLoaded(Member[] candidates, Tried tried) {
        int best = -1;
        for (int i = 0; i < candidates.length; i++) {
            active[i] = candidates[i].active();
            if (!tried.contains(candidates[i]) && (best < 0 || compare(candidates, i, best) < 0)) {
                best = i;
            }
        }
        return best;
    }

    // Compares active/weight without dividing.
    private int compare(Member[] candidates, int left, int right) {
        long leftLoad = (long) active[left] * Math.max(1, candidates[right].weight());
        long rightLoad = (long) active[right] * Math.max(1, candidates[left].weight());
        return Long.compare(leftLoad, rightLoad);
    }
}
