package io.hawser.lb.balance;

import org.jspecify.annotations.Nullable;

/** Compares how loaded members are for their weights. Stateless. */
final class LoadComparison {
    private LoadComparison() {}

    /** Negative when the left one has fewer connections for its share. */
    static int compare(Member left, Member right, long now) {
        return Long.compare(left.active() * right.share(now), right.active() * left.share(now));
    }

    /** The least loaded one that has room and was not tried; the first of equals; null when there is none. */
    static @Nullable Member least(Member[] members, ExcludedMembers tried, long now) {
        Member best = null;
        for (Member each : members) {
            if (!each.isFull() && !tried.contains(each) && (best == null || compare(each, best, now) < 0)) {
                best = each;
            }
        }
        return best;
    }
}
