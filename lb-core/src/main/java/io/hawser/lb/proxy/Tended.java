package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import java.net.InetAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A connection as its loop knows it: a place in one of its lists, and what it asks of all that are there. Event loop. */
abstract class Tended {
    /** Places in the list that holds it; the list's to change. */
    @Nullable
    Tended previous;

    @Nullable
    Tended next;

    /** Looks at the clock; how often depends on the phase. */
    abstract void tick(long now);

    /** Ends it, or looks for another member, if this is its member. */
    abstract void onMemberRemoved(Member gone);

    /** Ends it, unless it has ended. */
    abstract void end(Outcome outcome);

    /**
     * Ends it, as memory is short and it holds some for somebody who does not read, or has not said all it must; if it still
     * does.
     *
     * @param since when it was asked what it holds; what it has come to hold since then does not count
     * @return whether it was ended
     */
    abstract boolean endForMemory(long since);

    /** Since when nothing was sent, if it has this member and nothing is on its way; else now. */
    abstract long quietSince(Member on, long now);

    /** Whether no bytes have moved since the loop last looked at the clock. */
    abstract boolean isQuiet(long now);

    /** Whether the client connected to one of these addresses; one system call. */
    abstract boolean isTo(Set<InetAddress> addresses);

    /**
     * What it holds because the client has not said all that it must, or because one of its sides does not read, for which the
     * kernel is asked; null for nothing.
     */
    abstract Holdings.@Nullable Holding<Tended> holding(long now);

    /** A picture for people; asks the kernel for the client's address. */
    abstract ConnectionInfo info();
}
