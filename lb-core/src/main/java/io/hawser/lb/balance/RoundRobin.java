package io.hawser.lb.balance;

import org.jspecify.annotations.Nullable;

/** Smooth weighted round-robin. Used by one thread. */
final class RoundRobin implements Balancer {
    private final Turns turns;

    RoundRobin(int seed) {
        turns = new Turns(seed);
    }

    @Override
    public @Nullable Member pick(Members members, Tried tried) {
        Member[] candidates = members.candidates();
        turns.begin(members);
        for (int i = 0; i < candidates.length; i++) {
            if (!tried.contains(candidates[i])) {
                turns.admit(i);
            }
        }
        return turns.next();
    }
}
