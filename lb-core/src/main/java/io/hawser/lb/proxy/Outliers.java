package io.hawser.lb.proxy;

import io.hawser.lb.balance.ExcludedMembers;
import io.hawser.lb.balance.Member;
import java.util.ArrayList;
import java.util.List;

/**
 * Members that one loop has just found slower than another one by more than hedge-after; they are not chosen while there is
 * another choice. Used by one thread; reads no clock.
 *
 * <p>A frozen member is found out by the checks after a second or two. Until then each connection that is sent to it would
 * cost its client hedge-after and the pool a token of its budget. A suspicion ends by itself soon, so that the next
 * connection finds out anew, and at once when the member answers.
 */
final class Outliers {
    private static final long SUSPICION_NANOS = 1_000_000_000L;

    private record Suspect(Member member, long until) {}

    private final List<Suspect> outliers = new ArrayList<>();

    boolean isEmpty() {
        return outliers.isEmpty();
    }

    /** It said nothing while another member did. */
    void add(Member member, long now) {
        clear(member);
        outliers.add(new Suspect(member, now + SUSPICION_NANOS));
    }

    /** It has answered. */
    void clear(Member member) {
        if (!outliers.isEmpty()) {
            outliers.removeIf(suspect -> suspect.member() == member);
        }
    }

    /** The members tried, and the suspects. */
    ExcludedMembers with(ExcludedMembers tried, long now) {
        outliers.removeIf(suspect -> now - suspect.until() >= 0);
        if (outliers.isEmpty()) {
            return tried;
        }
        ExcludedMembers all = tried.copy();
        outliers.forEach(suspect -> all.add(suspect.member()));
        return all;
    }
}
