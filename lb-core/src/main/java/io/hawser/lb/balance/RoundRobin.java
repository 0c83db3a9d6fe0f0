package io.hawser.lb.balance;

import org.jspecify.annotations.Nullable;

/** Smooth weighted round-robin; a slow start lessens the weight. Used by one thread. */
final class RoundRobin implements Balancer {
    private final Turns turns;

    RoundRobin(int seed) {
        turns = new Turns(seed);
    }

    @Override
    public @Nullable Member pick(Members members, Tried tried, long key, long now) {
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
