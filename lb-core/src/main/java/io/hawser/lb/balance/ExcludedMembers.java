package io.hawser.lb.balance;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The members that one connection has tried and must not try again. Used by one thread. */
public final class ExcludedMembers {
    private static final Member[] NONE = {};
    private static final int FEW = 3;

    /** Most connections try one member: no array is made for it. */
    private @Nullable Member first;

    private Member[] others = NONE;
    private int count;

    /** Remembers a member. */
    public void add(Member member) {
        if (first == null) {
            first = member;
        } else if (!contains(member)) {
            if (count == others.length) {
                others = Arrays.copyOf(others, Math.max(FEW, count * 2));
            }
            others[count++] = member;
        }
    }

    /** Forgets a member, so that it may be tried again. */
    public void remove(Member member) {
        if (first == member) {
            first = count == 0 ? null : others[--count];
            return;
        }
        for (int i = 0; i < count; i++) {
            if (others[i] == member) {
                others[i] = others[--count];
                return;
            }
        }
    }

    /** The same members in a set of its own. */
    public ExcludedMembers copy() {
        ExcludedMembers copy = new ExcludedMembers();
        copy.first = first;
        copy.others = others.clone();
        copy.count = count;
        return copy;
    }

    /** Forgets all, so that every member may be tried again. */
    public void clear() {
        first = null;
        Arrays.fill(others, 0, count, null);
        count = 0;
    }

    /** Whether nothing has been tried. */
    public boolean isEmpty() {
        return first == null;
    }

    /** Whether this member was added. */
    public boolean contains(Member member) {
        if (first == member) {
            return true;
        }
        for (int i = 0; i < count; i++) {
            if (others[i] == member) {
                return true;
            }
        }
        return false;
    }
}
