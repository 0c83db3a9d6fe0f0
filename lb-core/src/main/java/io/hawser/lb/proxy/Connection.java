package io.hawser.lb.proxy;

import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.AffinityKey;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection from accept to end: first with a {@link Connector}, then with a member and the {@link Relay}.
 * Event loop that accepted it.
 */
final class Connection implements Runnable {
    private final IoLoop loop;
    private final Listener listener;
    private final Wire client;
    private final long openedAt;
    private @Nullable Connector connector;
    private @Nullable Member target;
    private @Nullable Wire member;
    private long activeAt;
    private int admission = Guard.NOTHING;
    private long sourceKey;
    private boolean settled;
    private boolean ended;

    /** Places in the list that holds it. */
    @Nullable
    Connection previous;

    @Nullable
    Connection next;

    Connection(IoLoop loop, Listener listener, TcpSocket socket) {
        this.loop = loop;
        this.listener = listener;
        this.client = new Wire(loop, this, socket);
        this.openedAt = loop.now();
        this.activeAt = openedAt;
    }

    /**
     * It was let in.
     *
     * @param with what to leave with
     * @param key the affinity key of the client's address
     */
    void admitted(int with, long key) {
        admission = with;
        sourceKey = key;
    }

    /** What it belongs to, for a pool whose connections are kept together. */
    long key(Pool pool) {
        return pool.settings().keyedBy() == Affinity.SOURCE_IP ? sourceKey : AffinityKey.NONE;
    }

    /** Looks for a member. */
    void start() {
        loop.connecting().add(this);
        try {
            client.register(false);
        } catch (IOException e) {
            loop.lacks(Errno.of(e), "watch an accepted connection");
            end(Outcome.INTERNAL);
            return;
        }
        Connector first = new Connector(loop, this, listener.route());
        connector = first;
        first.advance();
    }

    /** The connector's success. */
    void connected(Member to, Wire wire, long nanos) {
        connector = null;
        target = to;
        member = wire;
        activeAt = loop.now();
        loop.connecting().remove(this);
        loop.established().add(this);
        listener.connected(to, nanos);
        relay();
    }

    /** One of the sockets has news. */
    void ready(Wire wire, boolean writable) {
        try {
            Connector looking = connector;
            if (looking == null) {
                relay();
            } else if (wire != client) {
                looking.ready(writable);
            } else if (client.isBroken()) {
                end(Outcome.CLIENT_LEFT);
            }
        } catch (Throwable e) {
            // Netty's loop would sleep for a second, or end, on what a handle throws.
            loop.failed(e);
            end(Outcome.INTERNAL);
        }
    }

    /** Goes on where fairness had it stop. */
    @Override
    public void run() {
        if (member != null) {
            ready(member, false);
        }
    }

    /*
     * The client's bytes go first. When sending them fails the member is gone, but what it said before is still there to
     * be read, and the client gets it before the reset. The other way round there is nobody left to tell.
     */
    private void relay() {
        Wire server = member;
        if (ended || server == null) {
            return;
        }
        long upBefore = client.received();
        long downBefore = server.received();
        Relay.Moved up = Relay.move(client, server, loop.blocks());
        Relay.Moved down = Relay.move(server, client, loop.blocks());
        account(client.received() - upBefore, server.received() - downBefore);

        if (up == Relay.Moved.READ_FAILED || down == Relay.Moved.WRITE_FAILED || client.isBroken()) {
            end(client.isLost() ? Outcome.CLIENT_LOST : Outcome.CLIENT_RESET);
        } else if (down == Relay.Moved.READ_FAILED || up == Relay.Moved.WRITE_FAILED || server.isBroken()) {
            end(server.isLost() ? Outcome.MEMBER_LOST : Outcome.MEMBER_RESET);
        } else if (up == Relay.Moved.NO_MEMORY || down == Relay.Moved.NO_MEMORY) {
            loop.lacks(Errno.ENOMEM, "relay");
            end(Outcome.INTERNAL);
        } else if (isComplete(server)) {
            end(Outcome.COMPLETED);
        } else if (up == Relay.Moved.MORE || down == Relay.Moved.MORE) {
            loop.executor().execute(this);
        }
    }

    private boolean isComplete(Wire server) {
        return client.hasInputEnded() && server.hasInputEnded() && !client.hasPending() && !server.hasPending();
    }

    private void account(long up, long down) {
        if (up != 0 || down != 0) {
            activeAt = loop.now();
            listener.moved(up, down);
        }
    }

    /** Looks at the clock while a member is being sought; called with each tick. */
    void tick(long now) {
        if (connector != null) {
            connector.tick(now);
        }
    }

    /** Looks after an established connection; called about once a second. */
    void sweep(long now) {
        Wire server = member;
        if (server == null) {
            return;
        }
        if (now - activeAt >= listener.idleNanos()) {
            end(Outcome.IDLE);
            return;
        }
        if (!settled) {
            settled = true;
            server.settle();
        }
        client.watchDelivery(now);
        server.watchDelivery(now);
    }

    /** Ends it, or looks for another member, if this is its member. */
    void leave(Member gone) {
        if (connector != null) {
            connector.leave(gone);
        } else if (target == gone) {
            end(Outcome.MEMBER_DOWN);
        }
    }

    /** Since when nothing was sent, if it has this member and nothing is on its way; else now. */
    long quietSince(Member on, long now) {
        Wire server = member;
        boolean isQuiet = server != null && target == on && !client.hasPending() && !server.hasPending();
        return isQuiet ? activeAt : now;
    }

    Wire client() {
        return client;
    }

    @Nullable
    Wire member() {
        return member;
    }

    boolean hasEnded() {
        return ended;
    }

    /*
     * FIN or reset: only what was complete ends with FIN on both sides, and an idle connection, which has nothing on its
     * way, be it idle for too long or to be rebalanced. Everything else is cut short, and a FIN would make the part that arrived look like the whole (HTTP/1.0 bodies
     * end that way). A client whose connection no member took also gets a reset: it sees the failure at once, as it would
     * without a proxy, and not an empty answer.
     */
    void end(Outcome outcome) {
        if (ended) {
            return;
        }
        ended = true;
        boolean abrupt = outcome != Outcome.COMPLETED && outcome != Outcome.IDLE && outcome != Outcome.REBALANCED;
        (connector != null || member == null ? loop.connecting() : loop.established()).remove(this);
        if (connector != null) {
            connector.abandon();
            connector = null;
        }
        client.close(abrupt);
        if (member != null) {
            member.close(abrupt);
        }
        if (target != null) {
            target.released();
        }
        listener.guard().leave(admission);
        listener.ended(target, outcome);
        loop.limit().release();
    }

    /** A picture for people; asks the kernel for the client's address. */
    ConnectionInfo info() {
        return new ConnectionInfo(
                listener.name(),
                client.socket().remoteAddress(),
                client.socket().localAddress(),
                target == null ? null : target.name(),
                loop.index(),
                loop.now() - openedAt,
                loop.now() - activeAt,
                client.received(),
                member == null ? 0 : member.received());
    }
}
