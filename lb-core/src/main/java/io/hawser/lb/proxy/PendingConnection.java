package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Slot;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** A connection's wait for a place at a member. Event loop of the connection, but for {@link #granted()}. */
final class PendingConnection extends Slot implements Runnable {
    private final IoLoop loop;
    private final Member member;
    private final Consumer<PendingConnection> waiting;

    /**
     * A wait that has not begun.
     *
     * @param loop the connection's
     * @param waiting who is told on that loop that the place is there, and gives it back if it does not want it any more
     */
    PendingConnection(IoLoop loop, Member member, Consumer<PendingConnection> waiting) {
        this.loop = loop;
        this.member = member;
        this.waiting = waiting;
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
        waiting.accept(this);
    }
}
