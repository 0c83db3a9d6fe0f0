package io.hawser.lb.balance;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Smooth weighted round-robin over the candidates of a snapshot, or over some of them. Used by one thread.
 *
 * <p>Each turn every eligible candidate gains its share in credit, the one with most credit is chosen and pays the sum
 * of what was handed out. Over as many turns as the weights add up to, each is chosen exactly weight times, and the
 * choices of a heavy member are spread instead of bunched.
 */
final class SmoothWeightedRoundRobin {
    private final int seed;
    private @Nullable Members members;
    private Member[] candidates = new Member[0];
    private long[] credit = new long[0];
    private boolean[] eligible = new boolean[0];
    private boolean seeded;
    private long now;

    SmoothWeightedRoundRobin(int seed) {
        this.seed = seed;
    }

    /**
     * Aligns with the candidates; members that stay keep their credit. All become ineligible.
     *
     * @param at monotonic time in nanoseconds; decides how far slow starts have come
     */
    void begin(Members current, long at) {
        now = at;
        if (current != members) {
            members = current;
            adopt(current.candidates());
        }
        Arrays.fill(eligible, false);
    }

    /** Lets the candidate at this index take part in the next turn. */
    void admit(int index) {
        eligible[index] = true;
    }

    /** Gives the turn to one of those admitted; null when none was. */
    @Nullable
    Member next() {
        int best = -1;
        long total = 0;
        for (int i = 0; i < candidates.length; i++) {
            if (!eligible[i]) {
                continue;
            }
            // A weight may become 0 after the snapshot was taken; the least share keeps such a member choosable when
            // nobody else is left, and irrelevant otherwise.
            long share = candidates[i].share(now);
            credit[i] += share;
            total += share;
            if (best < 0 || credit[i] > credit[best]) {
                best = i;
            }
        }
        if (best < 0) {
            return null;
        }
        credit[best] -= total;
        return candidates[best];
    }

    private void adopt(Member[] current) {
        long[] kept = new long[current.length];
        for (int i = 0; i < current.length; i++) {
            kept[i] = creditOf(current[i]);
        }
        candidates = current;
        credit = kept;
        eligible = new boolean[current.length];
        if (!seeded && current.length > 0) {
            seeded = true;
            for (int turn = seed % current.length; turn > 0; turn--) {
                Arrays.fill(eligible, true);
                next();
            }
        }
    }

    private long creditOf(Member member) {
        for (int i = 0; i < candidates.length; i++) {
            if (candidates[i] == member) {
                return credit[i];
            }
        }
        return 0;
    }
}
