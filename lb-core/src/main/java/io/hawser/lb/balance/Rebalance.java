package io.hawser.lb.balance;

import io.hawser.lb.balance.Member.Health;
import java.util.ArrayList;
import java.util.List;

/**
 * Plans how the members of a pool that have too many connections are relieved of some, a few at a time, so that clients
 * which stay connected for days (HTTP/2) spread again after a member was away. Pure, but for the counts of the members.
 *
 * <p>Each member's even share is by weight, lessened while it starts slowly. One that has more than a tenth above its share
 * is relieved, down to there and not further: what is left evens out by itself, and nobody is moved to and fro. While a
 * member is not up, nothing is moved: what it had is spread over the others then, and it is about to want it back.
 */
public final class Rebalance {
    // Above the even share, as a fraction.
    private static final int TOLERANCE = 11;
    private static final int OF = 10;

    private Rebalance() {}

    /**
     * What one member is relieved of.
     *
     * @param member the member
     * @param connections how many connections it has too many and may lose now, 1 or more
     */
    public record Relief(Member member, int connections) {}

    /**
     * What to do now.
     *
     * @param members the pool's snapshot
     * @param most how many connections may be closed now
     * @param now monotonic time in nanoseconds
     * @return members to relieve, those first that have most too many; empty when shares are even, or it is not the time
     */
    public static List<Relief> plan(Members members, int most, long now) {
        if (most <= 0 || members.usable() < 2 || isSomebodyAway(members)) {
            return List.of();
        }
        Member[] candidates = members.candidates();
        long shares = 0;
        long total = 0;
        for (Member each : candidates) {
            shares += each.share(now);
            total += each.active();
        }
        int[] tooMany = new int[candidates.length];
        for (int i = 0; i < candidates.length; i++) {
            tooMany[i] = (int) Math.max(0, candidates[i].active() - allowed(total, candidates[i].share(now), shares));
        }
        return reliefs(candidates, tooMany, most);
    }

    private static long allowed(long total, long share, long shares) {
        return Math.ceilDiv(total * share * TOLERANCE, shares * OF);
    }

    private static boolean isSomebodyAway(Members members) {
        return members.all().stream()
                .anyMatch(member -> !member.isBackup()
                        && member.weight() > 0
                        && !member.isDrained()
                        && member.health() != Health.UP);
    }

    // One at a time from whoever has most too many then, so that all come down to the same height.
    private static List<Relief> reliefs(Member[] candidates, int[] tooMany, int most) {
        int[] taken = new int[candidates.length];
        for (int left = most; left > 0; left--) {
            int worst = 0;
            for (int i = 1; i < candidates.length; i++) {
                if (tooMany[i] > tooMany[worst]) {
                    worst = i;
                }
            }
            if (tooMany[worst] == 0) {
                break;
            }
            tooMany[worst]--;
            taken[worst]++;
        }
        List<Relief> reliefs = new ArrayList<>();
        for (int i = 0; i < candidates.length; i++) {
            if (taken[i] > 0) {
                reliefs.add(new Relief(candidates[i], taken[i]));
            }
        }
        reliefs.sort((left, right) -> Integer.compare(right.connections(), left.connections()));
        return reliefs;
    }
}
