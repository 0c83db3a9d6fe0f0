package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import org.jspecify.annotations.Nullable;

/**
 * An attempt with a member as a {@link ConnectPlan} sees it. Those of one connection are a chain, the one that was begun first in front: there is
 * nearly always one, for which a list would be as large as itself.
 */
final class PlannedAttempt {
    final Member member;

    /** When it was begun, or given what it must answer to. */
    final long startedAt;

    /** When connecting, or shaking hands, has taken too long. */
    long deadlineAt;

    /** Whether the member has accepted, and can be given the first bytes. */
    boolean isConnected;

    /** Whether it has been said that it takes long. */
    boolean isDoubted;

    /** The one that was begun after it. */
    @Nullable
    PlannedAttempt next;

    PlannedAttempt(Member member, long startedAt) {
        this.member = member;
        this.startedAt = startedAt;
    }

    /** The one of a chain with this member; null when there is none. */
    static @Nullable PlannedAttempt with(Member member, @Nullable PlannedAttempt chain) {
        PlannedAttempt each = chain;
        while (each != null && each.member != member) {
            each = each.next;
        }
        return each;
    }

    /** How many there are. */
    static int count(@Nullable PlannedAttempt chain) {
        int count = 0;
        for (PlannedAttempt each = chain; each != null; each = each.next) {
            count++;
        }
        return count;
    }

    /** The chain with this one at its end. */
    PlannedAttempt behind(@Nullable PlannedAttempt chain) {
        if (chain == null) {
            return this;
        }
        PlannedAttempt last = chain;
        while (last.next != null) {
            last = last.next;
        }
        last.next = this;
        return chain;
    }

    /** The chain without this one. */
    @Nullable
    PlannedAttempt removedFrom(@Nullable PlannedAttempt chain) {
        if (chain == this) {
            return next;
        }
        for (PlannedAttempt each = chain; each != null; each = each.next) {
            if (each.next == this) {
                each.next = next;
            }
        }
        return chain;
    }
}
