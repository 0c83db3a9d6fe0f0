package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Tried;
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
final class Suspects {
    private static final long SUSPICION_NANOS = 1_000_000_000L;

    private record Suspect(Member member, long until) {}

    private final List<Suspect> suspects = new ArrayList<>();

    boolean isEmpty() {
        return suspects.isEmpty();
    }

    /** It said nothing while another member did. */
    void add(Member member, long now) {
        clear(member);
        suspects.add(new Suspect(member, now + SUSPICION_NANOS));
    }

    /** It has answered. */
    void clear(Member member) {
        if (!suspects.isEmpty()) {
            suspects.removeIf(suspect -> suspect.member() == member);
        }
    }

    /** The members tried, and the suspects. */
    Tried with(Tried tried, long now) {
        suspects.removeIf(suspect -> now - suspect.until() >= 0);
        if (suspects.isEmpty()) {
            return tried;
        }
        Tried all = tried.copy();
        suspects.forEach(suspect -> all.add(suspect.member()));
        return all;
    }
}
