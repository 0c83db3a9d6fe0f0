package io.hawser.lb.balance;

import org.jspecify.annotations.Nullable;

/** Smooth weighted round-robin; a slow start lessens the weight. Used by one thread. */
final class RoundRobin implements Balancer {
    private final SmoothWeightedRoundRobin turns;

    RoundRobin(int seed) {
        turns = new SmoothWeightedRoundRobin(seed);
    }

    @Override
    public @Nullable Member pick(Members members, ExcludedMembers tried, long key, long now) {
        Member[] candidates = members.candidates();
        turns.begin(members, now);
        for (int i = 0; i < candidates.length; i++) {
            if (!candidates[i].isFull() && !tried.contains(candidates[i])) {
                turns.admit(i);
            }
        }
        return turns.next();
    }
}
