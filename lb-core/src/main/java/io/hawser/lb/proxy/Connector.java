package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.Pool;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.balance.Tried;
import io.netty.channel.ChannelException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Finds a member for one connection and connects to it. Event loop of its connection.
 *
 * <p>A member that fails is followed at once by another; none is tried again while another is untried. When all were
 * tried and attempts are left, the round starts again after a pause. What this host lacks (descriptors, ports) is waited
 * for as long as one attempt may take, and is not held against a member.
 */
final class Connector {
    private static final long PAUSE_NANOS = 100_000_000L;

    private final IoLoop loop;
    private final Connection connection;
    private final Pool pool;
    private final PoolSettings settings;
    private final Tried tried = new Tried();
    private final long lackEndsAt;

    private int failures;
    private @Nullable Member target;
    private @Nullable Wire wire;
    private long attemptedAt;
    private long deadlineAt;
    private boolean paused;

    Connector(IoLoop loop, Connection connection, Pool pool) {
        this.loop = loop;
        this.connection = connection;
        this.pool = pool;
        this.settings = pool.settings();
        this.lackEndsAt = loop.now() + settings.connectTimeout().toNanos();
    }

    /** Makes attempts until one is under way, a pause is due, or the connection has ended. */
    void advance() {
        paused = false;
        while (target == null && !paused) {
            if (failures > settings.retries()) {
                connection.end(Outcome.CONNECT_FAILED);
                return;
            }
            Member next = loop.choose(pool, tried, connection.key(pool));
            if (next != null) {
                attempt(next);
            } else if (tried.isEmpty()) {
                connection.end(failures == 0 ? Outcome.NO_MEMBER : Outcome.CONNECT_FAILED);
                return;
            } else {
                tried.clear();
                pause();
            }
            if (connection.hasEnded()) {
                return;
            }
        }
    }

    /** Connects to a member at which a place has been taken. */
    private void attempt(Member member) {
        TcpSocket socket;
        try {
            socket = TcpSocket.openFor(member.address());
        } catch (ChannelException e) {
            member.released();
            lacking(Errno.of(e));
            return;
        }
        attemptedAt = loop.exactNow();
        deadlineAt = attemptedAt + settings.connectTimeout().toNanos();
        Wire opened = new Wire(loop, connection, socket);
        try {
            SocketOptions.immediate(socket);
            socket.connect(member.address());
            opened.register(true);
        } catch (IOException e) {
            opened.release();
            member.released();
            int errno = Errno.of(e);
            if (ConnectFailure.of(errno) == ConnectFailure.LOCAL) {
                lacking(errno);
            } else {
                note(member, ConnectFailure.of(errno));
            }
            return;
        }
        target = member;
        wire = opened;
    }

    /** The socket has something to say: it is connected, or has failed. */
    void ready(boolean writable) {
        Wire attempted = wire;
        Member member = target;
        if (attempted == null || member == null || !writable) {
            return;
        }
        int errno;
        try {
            errno = attempted.socket().getSoError();
        } catch (IOException e) {
            errno = Errno.of(e);
        }
        if (errno == 0) {
            member.connected();
            connection.connected(member, attempted, loop.exactNow() - attemptedAt);
            return;
        }
        abandon();
        if (ConnectFailure.of(errno) == ConnectFailure.LOCAL) {
            lacking(errno);
        } else {
            note(member, ConnectFailure.of(errno));
        }
        advance();
    }

    /** Looks at the clock; called with each tick of the loop. */
    void tick(long now) {
        if (now - deadlineAt < 0) {
            return;
        }
        Member member = target;
        if (member != null) {
            abandon();
            note(member, ConnectFailure.TIMEOUT);
        }
        advance();
    }

    /** Gives up an attempt to this member, if it is the one being tried, in favour of another. */
    void leave(Member member) {
        if (target == member) {
            abandon();
            tried.add(member);
            advance();
        }
    }

    /** Drops the attempt under way, if any. */
    void abandon() {
        if (wire != null) {
            wire.close(true);
            wire = null;
        }
        if (target != null) {
            target.released();
            target = null;
        }
    }

    private void note(Member member, ConnectFailure why) {
        failures++;
        tried.add(member);
        member.failed();
        loop.memberFailed(member, why);
    }

    private void lacking(int errno) {
        loop.lacks(errno, "connect to a member");
        if (loop.now() - lackEndsAt >= 0) {
            connection.end(Outcome.INTERNAL);
        } else {
            pause();
        }
    }

    private void pause() {
        paused = true;
        deadlineAt = loop.now() + PAUSE_NANOS;
    }
}
