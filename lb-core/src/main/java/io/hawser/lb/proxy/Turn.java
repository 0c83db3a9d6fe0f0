package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Place;
import java.util.concurrent.RejectedExecutionException;

/** A connection's wait for a place at a member. Event loop of the connection, but for {@link #granted()}. */
final class Turn extends Place implements Runnable {
    private final IoLoop loop;
    private final Connector connector;
    private final Member member;

    Turn(IoLoop loop, Connector connector, Member member) {
        this.loop = loop;
        this.connector = connector;
        this.member = member;
    }

    /** Where it waits. */
    Member member() {
        return member;
    }

    /** Called on the loop of the connection that has ended. */
    @Override
    protected void granted() {
        try {
            loop.executor().execute(this);
        } catch (RejectedExecutionException _) {
            // The loop has ended, and with it the connection.
            member.released();
        }
    }

    @Override
    public void run() {
        connector.granted(this);
    }
}
