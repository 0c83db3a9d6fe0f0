package io.hawser.lb.balance;

import org.jspecify.annotations.Nullable;

/** The first candidate with room. Stateless. */
final class First implements Balancer {

    @Override
    public @Nullable Member pick(Members members, ExcludedMembers tried, long key, long now) {
        for (Member candidate : members.candidates()) {
            if (!candidate.isFull() && !tried.contains(candidate)) {
                return candidate;
            }
        }
        return null;
    }
}
