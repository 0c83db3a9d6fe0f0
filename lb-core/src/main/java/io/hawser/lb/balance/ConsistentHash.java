package io.hawser.lb.balance;

import org.jspecify.annotations.Nullable;

/**
 * The member that a connection's key decides, by the {@link HashRing}; a member that cannot be had is stood in for by the next
 * on the ring, so that its keys, and no others, are spread over the rest. Used by one thread.
 *
 * <p>Bounded (Mirrokni, Thorup, Zadimoghaddam, "Consistent hashing with bounded loads"): a member that has a quarter more
 * connections than its even share counts as one that cannot be had, so a busy key cannot overload its member. Which keys
 * that moves depends on the load, so two nodes choose alike where their loads are alike; and where no member has more than
 * {@value #NEVER_TOO_MANY} connections, whatever the load, because the first connections after a failover would else be
 * spread for exceeding an even share of next to nothing.
 */
final class ConsistentHash implements Balancer {
    /** A member with fewer connections is never overloaded. */
    static final int NEVER_TOO_MANY = 16;

    // The bound as a fraction: 5/4 of the even share.
    private static final int BOUND = 5;
    private static final int OF = 4;
    private static final int STEPS_PER_MEMBER = 8;

    private final Balancer otherwise;
    private final boolean bounded;

    private ConsistentHash(Balancer otherwise, boolean bounded) {
        this.otherwise = otherwise;
        this.bounded = bounded;
    }

    /** Without regard to load; a connection without key goes where {@code otherwise} says. */
    static ConsistentHash strict(Balancer otherwise) {
        return new ConsistentHash(otherwise, false);
    }

    /** With bounded load; a connection without key goes where {@code otherwise} says. */
    static ConsistentHash bounded(Balancer otherwise) {
        return new ConsistentHash(otherwise, true);
    }

    @Override
    public @Nullable Member pick(Members members, ExcludedMembers tried, long key, long now) {
        HashRing ring = members.ring();
        if (key == AffinityKey.NONE || ring == null || ring.size() == 0) {
            return otherwise.pick(members, tried, key, now);
        }
        Member[] candidates = members.candidates();
        long active = 1;
        long shares = 0;
        for (int i = 0; bounded && i < candidates.length; i++) {
            active += candidates[i].active();
            shares += candidates[i].share(now);
        }
        int place = ring.place(key);
        // Enough to pass by every member some times; a longer way means that hardly any can be had.
        int steps = Math.min(ring.size(), STEPS_PER_MEMBER * HashRing.PLACES + STEPS_PER_MEMBER * candidates.length);
        for (int i = 0; i < steps; i++) {
            int index = ring.memberAt(place);
            if (members.isCandidate(index)) {
                Member member = members.all().get(index);
                if (!member.isFull()
                        && !tried.contains(member)
                        && (!bounded || hasRoomWithin(member, active, shares, now))) {
                    return member;
                }
            }
            place = ring.after(place);
        }
        return LoadComparison.least(candidates, tried, now);
    }

    // active(member) + 1 <= ceil(5/4 * (total + 1) * share / shares), without dividing.
    private static boolean hasRoomWithin(Member member, long active, long shares, long now) {
        int own = member.active();
        return own < NEVER_TOO_MANY || own * shares * OF < BOUND * active * member.share(now);
    }
}
