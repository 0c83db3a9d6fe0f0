package io.hawser.lb.balance;

import io.hawser.lb.balance.Member.Health;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The members of a pool at one moment, and which of them may get a new connection. Immutable. */
public final class Members {
    private final List<Member> all;
    private final Member[] candidates;
    private final Member[] reserve;
    private final boolean[] isCandidate;
    private final @Nullable HashRing ring;
    private final boolean mayRamp;
    private final @Nullable Long trustedUntil;

    /*
     * Who is a candidate: the members known to be up; while there is none, the backups known to be up; while there is
     * none of these either, those nothing is known about yet. So a fresh start serves at once, and a pool whose checks
     * have all failed says so instead of trying members that are known to be down. Draining members never get a new
     * connection, and neither do members of weight 0.
     */
    private Members(List<Member> members, @Nullable HashRing ring, @Nullable Long trustedUntil) {
        this.all = List.copyOf(members);
        this.ring = ring;
        this.trustedUntil = trustedUntil;
        Member[] primaries = having(Health.UP, false);
        Member[] backups = having(Health.UP, true);
        boolean noneIsKnownGood = all.stream().noneMatch(member -> member.health() == Health.UP);
        if (primaries.length > 0) {
            candidates = primaries;
            reserve = backups;
        } else if (backups.length > 0) {
            candidates = backups;
            reserve = new Member[0];
        } else {
            Member[] unknown = noneIsKnownGood ? having(Health.UNKNOWN, false) : primaries;
            candidates = noneIsKnownGood && unknown.length == 0 ? having(Health.UNKNOWN, true) : unknown;
            reserve = new Member[0];
        }
        isCandidate = new boolean[all.size()];
        boolean ramping = false;
        // Candidates are in the order of all.
        for (int i = 0, next = 0; next < candidates.length; i++) {
            if (all.get(i) == candidates[next]) {
                isCandidate[i] = true;
                ramping |= candidates[next].hasRamp();
                next++;
            }
        }
        mayRamp = ramping;
    }

    /** @param trustedUntil when {@link #isTrusted} ends; null when it is not */
    static Members of(List<Member> members, @Nullable HashRing ring, @Nullable Long trustedUntil) {
        return new Members(members, ring, trustedUntil);
    }

    private Member[] having(Health health, boolean backup) {
        Predicate<Member> takesNew = member ->
                member.health() == health && member.isBackup() == backup && member.weight() > 0 && !member.isDrained();
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

    /**
     * Whether the pool counts as serving although no member is known to be up: the members are new, those that they replaced served, and no check
     * has answered for all of them yet.
     *
     * @param now monotonic time in nanoseconds
     */
    public boolean isTrusted(long now) {
        Long until = trustedUntil;
        return until != null && now - until < 0 && all.stream().anyMatch(member -> member.health() == Health.UNKNOWN);
    }

    /** Until when; null for never. */
    @Nullable
    Long trustedUntil() {
        return trustedUntil;
    }

    /** How many members may get a new connection. */
    public int usable() {
        return candidates.length;
    }

    /** Whether this member may get a new connection. */
    public boolean isUsable(Member member) {
        for (Member candidate : candidates) {
            if (candidate == member) {
                return true;
            }
        }
        return false;
    }

    /**
     * A backup for a connection that every other member has failed; while one of the others was not tried, or is only
     * full, there is none.
     *
     * @param now monotonic time in nanoseconds
     * @return the least loaded one that has room; null when there is none
     */
    public @Nullable Member reserve(ExcludedMembers tried, long now) {
        if (reserve.length == 0) {
            return null;
        }
        for (Member candidate : candidates) {
            if (!tried.contains(candidate)) {
                return null;
            }
        }
        return LoadComparison.least(reserve, tried, now);
    }

    /**
     * The member with the shortest queue for its limit, for a connection that found no room anywhere.
     *
     * @param length how many may wait for one member
     * @return null when no candidate is full, or their queues are
     */
    public @Nullable Member shortestQueue(ExcludedMembers tried, int length) {
        Member best = null;
        for (Member each : candidates) {
            boolean mayWait = each.isFull() && each.queued() < length && !tried.contains(each);
            if (mayWait && (best == null || isShorter(each, best))) {
                best = each;
            }
        }
        return best;
    }

    private static boolean isShorter(Member left, Member right) {
        return (long) left.queued() * right.maxConnections() < (long) right.queued() * left.maxConnections();
    }

    /** Whether a candidate that was not tried has no room. */
    public boolean isFull(ExcludedMembers tried) {
        for (Member each : candidates) {
            if (each.isFull() && !tried.contains(each)) {
                return true;
            }
        }
        return false;
    }

    /** The members that may get a new connection; not to be changed. */
    Member[] candidates() {
        return candidates;
    }

    /** Whether the member at this place of {@link #all()} may get a new connection. */
    boolean isCandidate(int index) {
        return isCandidate[index];
    }

    /** The ring of all members, when the pool needs one. */
    @Nullable
    HashRing ring() {
        return ring;
    }

    /** Whether a candidate may be starting slowly. */
    boolean mayRamp() {
        return mayRamp;
    }
}
