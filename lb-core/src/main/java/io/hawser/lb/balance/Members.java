package io.hawser.lb.balance;

import io.hawser.lb.balance.Member.Health;
import java.util.List;
import java.util.function.Predicate;

/** The members of a pool at one moment, and which of them may get a new connection. Immutable. */
public final class Members {
    private final List<Member> all;
    private final Member[] candidates;

    private Members(List<Member> all, Member[] candidates) {
        this.all = all;
        this.candidates = candidates;
    }

    /*
     * Who is a candidate: the members known to be up; while there is none, those nothing is known about yet. So a fresh
     * start serves at once, and a pool whose checks have all failed says so instead of trying members that are known to
     * be down. Draining members never get a new connection, and neither do members of weight 0.
     */
    static Members of(List<Member> members) {
        List<Member> all = List.copyOf(members);
        Member[] up = having(all, Health.UP);
        boolean noneIsKnownGood = all.stream().noneMatch(member -> member.health() == Health.UP);
        return new Members(all, noneIsKnownGood ? having(all, Health.UNKNOWN) : up);
    }

    private static Member[] having(List<Member> all, Health health) {
        Predicate<Member> takesNew = member -> member.health() == health && member.weight() > 0;
        return all.stream().filter(takesNew).toArray(Member[]::new);
    }

    /** Every member of the pool, in the order of the configuration. */
    public List<Member> all() {
        return all;
    }

    /** Whether a new connection has a member to go to. */
    public boolean isUsable() {
        return candidates.length > 0;
    }

    /** How many members may get a new connection. */
    public int usable() {
        return candidates.length;
    }

    /** The members that may get a new connection; not to be changed. */
    Member[] candidates() {
        return candidates;
    }
}
