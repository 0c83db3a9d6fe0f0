package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import io.hawser.lb.net.Buffer;
import io.hawser.lb.net.BufferPool;
import io.hawser.lb.net.Endpoint;
import io.hawser.lb.net.Errno;
import io.hawser.lb.net.Relay;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The phase in which bytes are relayed between client and member. Event loop of the connection. */
final class Relaying implements Phase {
    /*
     * How long a client may take over what its member said before it was gone. One that reads takes no time; one that
     * does not must not hold buffers for a member that is no more.
     */
    private static final long LAST_WORDS_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long FIRST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Caller caller;
    private final Host host;
    private final Endpoint server;
    private final Member member;
    private @Nullable Buffer up;
    private @Nullable Buffer down;
    private boolean owesClientEnd;
    private boolean owesServerEnd;
    private boolean memberGone;
    private long goneAt;

    /**
     * A relay.
     *
     * @param up what the client has sent and the member not got; null for nothing
     * @param down the same the other way
     */
    Relaying(Caller caller, Host host, Member member, Endpoint server, @Nullable Buffer up, @Nullable Buffer down) {
        this.caller = caller;
        this.host = host;
        this.server = server;
        this.member = member;
        this.up = up;
        this.down = down;
    }

    @Override
    public Next begin() {
        Endpoint client = caller.endpoint();
        // Ends that were read along with the first bytes; the relay tells only those that it reads itself.
        owesServerEnd = client.hasInputEnded();
        owesClientEnd = server.hasInputEnded();
        caller.moved(caller.greetingBytes(), server.received());
        Buffer answer = down;
        down = null;
        if (answer != null && !client.sendOrHold(answer)) {
            return Next.ending(Outcome.CLIENT_RESET);
        }
        return relay();
    }

    @Override
    public Next ready(Endpoint endpoint, boolean writable) {
        return relay();
    }

    /*
     * The client's bytes go first. When sending them fails the member is gone, but what it said before is still there to
     * be read, and the client gets it before the reset: all that had come, if it takes it within the time for that. The
     * other way round there is nobody left to tell.
     */
    private Next relay() {
        Endpoint client = caller.endpoint();
        BufferPool buffers = caller.loop().buffers();
        long upBefore = client.received();
        long downBefore = server.received();
        Relay.Moved toServer = up == null ? Relay.move(client, server, buffers) : sendFirst(client, buffers);
        Relay.Moved toClient = memberGone || toServer == Relay.Moved.WRITE_FAILED
                ? Relay.moveLastWords(server, client, buffers)
                : Relay.move(server, client, buffers);
        caller.moved(client.received() - upBefore, server.received() - downBefore);

        if (toServer == Relay.Moved.READ_FAILED || toClient == Relay.Moved.WRITE_FAILED || client.isBroken()) {
            return Next.ending(client.isLost() ? Outcome.CLIENT_LOST : Outcome.CLIENT_RESET);
        }
        if (memberGone
                || toClient == Relay.Moved.READ_FAILED
                || toServer == Relay.Moved.WRITE_FAILED
                || server.isBroken()) {
            return passLastWords(client, toClient);
        }
        if (!payEnds(client)) {
            return endWithMember();
        }
        if (toServer == Relay.Moved.NO_MEMORY || toClient == Relay.Moved.NO_MEMORY) {
            caller.loop().onResourceShortage(Errno.ENOMEM, "relay");
            return Next.ending(Outcome.INTERNAL);
        }
        if (isComplete(client)) {
            return Next.ending(Outcome.COMPLETED);
        }
        if (toServer == Relay.Moved.MORE || toClient == Relay.Moved.MORE) {
            caller.loop().later(host);
        }
        return Next.STAY;
    }

    private Next passLastWords(Endpoint client, Relay.Moved toClient) {
        IoLoop loop = caller.loop();
        long now = loop.exactNow();
        if (!memberGone) {
            memberGone = true;
            goneAt = now;
        }
        long waited = now - goneAt;
        if (waited >= LAST_WORDS_NANOS || toClient == Relay.Moved.NO_MEMORY) {
            return endWithMember();
        }
        if (toClient == Relay.Moved.MORE) {
            loop.later(host);
        } else if (client.hasPending()) {
            // An event says when there is room again, or the tick that it took too long.
            var _ = loop.executor().schedule(host, LAST_WORDS_NANOS - waited, TimeUnit.NANOSECONDS);
        } else if (client.isDelivered()) {
            return endWithMember();
        } else {
            // A reset drops what the kernel has not delivered. No event tells when it has: the looks get rarer.
            var _ = loop.executor().schedule(host, waited + FIRST_LOOK_NANOS, TimeUnit.NANOSECONDS);
        }
        return Next.STAY;
    }

    private Next endWithMember() {
        return Next.ending(server.isLost() ? Outcome.MEMBER_LOST : Outcome.MEMBER_RESET);
    }

    /** Sends what the client had said before, once what must go before that (a PROXY header) has gone. */
    private Relay.Moved sendFirst(Endpoint client, BufferPool buffers) {
        Buffer rest = up;
        try {
            if (rest == null || !server.flush()) {
                return Relay.Moved.WAITS;
            }
        } catch (IOException _) {
            return Relay.Moved.WRITE_FAILED;
        }
        up = null;
        if (!server.sendOrHold(rest)) {
            return Relay.Moved.WRITE_FAILED;
        }
        return server.hasPending() ? Relay.Moved.WAITS : Relay.move(client, server, buffers);
    }

    private boolean payEnds(Endpoint client) {
        try {
            if (owesServerEnd && up == null && !server.hasPending()) {
                owesServerEnd = false;
                server.endOutput();
            }
            if (owesClientEnd && !client.hasPending()) {
                owesClientEnd = false;
                client.endOutput();
            }
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private boolean isComplete(Endpoint client) {
        return client.hasInputEnded() && server.hasInputEnded() && !client.hasPending() && !server.hasPending();
    }

    @Override
    public Next tick(long now) {
        return caller.sweep(server, now) ? Next.STAY : Next.ending(Outcome.IDLE);
    }

    @Override
    public Next onMemberRemoved(Member gone) {
        return member == gone ? Next.ending(Outcome.MEMBER_DOWN) : Next.STAY;
    }

    @Override
    public void abandon(boolean abrupt) {
        giveBack(up);
        giveBack(down);
        up = null;
        down = null;
        server.close(abrupt);
        member.released();
    }

    private void giveBack(@Nullable Buffer buffer) {
        if (buffer != null) {
            caller.loop().buffers().release(buffer);
        }
    }

    @Override
    public Member target() {
        return member;
    }

    @Override
    public Endpoint endpoint() {
        return server;
    }
}
