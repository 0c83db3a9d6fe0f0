package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A connection without sockets, which knows how often it was looked at and how it was ended. */
class Listed extends Tended {
    int ticks;
    final List<Outcome> ends = new ArrayList<>();

    @Override
    void tick(long now) {
        ticks++;
    }

    @Override
    void onMemberRemoved(Member gone) {
        throw new UnsupportedOperationException();
    }

    @Override
    void end(Outcome outcome) {
        ends.add(outcome);
    }

    @Override
    boolean endForMemory(long since) {
        throw new UnsupportedOperationException();
    }

    @Override
    long quietSince(Member on, long now) {
        return now;
    }

    @Override
    boolean isQuiet(long now) {
        return false;
    }

    @Override
    boolean isTo(Set<InetAddress> addresses) {
        return false;
    }

    @Override
    Holdings.@Nullable Holding<Tended> holding(long now) {
        return null;
    }

    @Override
    ConnectionInfo info() {
        throw new UnsupportedOperationException();
    }
}
