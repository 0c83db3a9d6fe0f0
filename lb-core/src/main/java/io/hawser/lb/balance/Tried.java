package io.hawser.lb.balance;

import java.util.Arrays;

/** The members that one connection has tried in vain. Used by one thread. */
public final class Tried {
    private static final int USUAL_RETRIES = 4;

    private Member[] members = new Member[0];
    private int count;

    /** Remembers a member that failed. */
    public void add(Member member) {
        if (count == members.length) {
            members = Arrays.copyOf(members, Math.max(USUAL_RETRIES, count * 2));
        }
        members[count++] = member;
    }

    /** Forgets all, so that every member may be tried again. */
    public void clear() {
        Arrays.fill(members, 0, count, null);
        count = 0;
    }

    /** Whether nothing has been tried. */
    public boolean isEmpty() {
        return count == 0;
    }

    /** Whether this member failed before. */
    public boolean contains(Member member) {
        for (int i = 0; i < count; i++) {
            if (members[i] == member) {
                return true;
            }
        }
        return false;
    }
}
