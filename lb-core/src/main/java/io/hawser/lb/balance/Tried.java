package io.hawser.lb.balance;

import java.util.Arrays;

/** The members that one connection has tried and shall not try again. Used by one thread. */
public final class Tried {
    private static final Member[] NONE = {};
    private static final int FEW = 2;

    private Member[] members = NONE;
    private int count;

    /** Remembers a member. */
    public void add(Member member) {
        if (contains(member)) {
            return;
        }
        if (count == members.length) {
            members = Arrays.copyOf(members, Math.max(FEW, count * 2));
        }
        members[count++] = member;
    }

    /** Forgets a member, so that it may be tried again. */
    public void remove(Member member) {
        for (int i = 0; i < count; i++) {
            if (members[i] == member) {
                members[i] = members[--count];
                return;
            }
        }
    }

    /** The same members in a set of its own. */
    public Tried copy() {
        Tried copy = new Tried();
        copy.members = members.clone();
        copy.count = count;
        return copy;
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

    /** Whether this member was added. */
    public boolean contains(Member member) {
        for (int i = 0; i < count; i++) {
            if (members[i] == member) {
                return true;
            }
        }
        return false;
    }
}
