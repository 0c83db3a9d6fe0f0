package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import io.hawser.lb.inspect.FirstBytes;
import io.hawser.lb.inspect.TlsHello;
import io.hawser.lb.net.Buffer;
import io.hawser.lb.net.Endpoint;
import io.hawser.lb.net.Errno;

/**
 * The phase in which a member is connected and neither side has sent anything. Event loop of the connection.
 *
 * <p>Here it shows which kind of protocol it is, without delaying any: if the member speaks first, or the client with
 * anything but a ClientHello, the relay begins at once. If it is a hello, the member must answer it in time or is raced. And
 * a member that ends the connection now is exchanged, as nobody has seen anything of it.
 */
final class AwaitFirstByte implements Phase {
    private final Caller caller;
    private final Attempt attempt;
    private final Endpoint client;
    private final FirstBytes first;
    private boolean isPartial;

    AwaitFirstByte(Caller caller, Attempt attempt) {
        this.caller = caller;
        this.attempt = attempt;
        this.client = caller.endpoint();
        this.first = caller.first();
    }

    @Override
    public Next begin() {
        // Something may have come behind a PROXY header.
        if (first.length() > 0) {
            Next next = examine();
            if (!(next instanceof Next.Stay)) {
                return next;
            }
        }
        return ready(client, false);
    }

    @Override
    public Next ready(Endpoint endpoint, boolean writable) {
        if (client.isBroken()) {
            return clientIsGone();
        }
        if (attempt.endpoint.isReadable()) {
            return memberReady();
        }
        return client.isReadable() ? clientReady() : Next.STAY;
    }

    private Next clientIsGone() {
        return Next.ending(client.isLost() ? Outcome.CLIENT_LOST : Outcome.CLIENT_RESET);
    }

    private Next memberReady() {
        return switch (Attempt.readAnswer(attempt.endpoint, caller.loop().buffers())) {
            case Attempt.Answer.Bytes(Buffer buffer) -> new Next.Relay(attempt, buffer);
            case Attempt.Answer.None _ -> clientReady();
            case Attempt.Answer.Gone(boolean isEnd) ->
                new Next.Elsewhere(
                        attempt,
                        ConnectFailure.DROPPED,
                        isEnd ? new Next.Relay(attempt, null) : Next.ending(Outcome.MEMBER_RESET));
            case null -> lacksMemory();
        };
    }

    private Next clientReady() {
        while (true) {
            switch (first.read()) {
                case SOME -> {
                    Next next = examine();
                    if (!(next instanceof Next.Stay)) {
                        return next;
                    }
                }
                case NOTHING -> {
                    return Next.STAY;
                }
                case ENDED, FULL -> {
                    return new Next.Relay(attempt, null);
                }
                case FAILED -> {
                    return clientIsGone();
                }
                case NO_MEMORY -> {
                    return lacksMemory();
                }
            }
        }
    }

    /** What comes next, if it is clear now what the client speaks. */
    private Next examine() {
        switch (first.hello()) {
            case TlsHello.NeedMore() -> {
                isPartial = true;
                return Next.STAY;
            }
            case TlsHello.Client hello -> {
                caller.greetedBy(hello);
                return new Next.Race(attempt, hello);
            }
            case TlsHello.NotTls() -> {
                if (caller.isUntrustedProxyHeader()) {
                    return Next.ending(Outcome.PROXY_HEADER_UNTRUSTED);
                }
                if (caller.looksForUntrustedProxyHeader() && first.mayBecomeProxyHeader()) {
                    isPartial = true;
                    return Next.STAY;
                }
            }
            case TlsHello.Malformed _, TlsHello.TooLarge _ -> {
                // The member may make of it what it likes.
            }
        }
        return new Next.Relay(attempt, null);
    }

    private Next lacksMemory() {
        caller.loop().onResourceShortage(Errno.ENOMEM, "relay");
        return Next.ending(Outcome.INTERNAL);
    }

    @Override
    public Next tick(long now) {
        if (isPartial) {
            // What began like a hello and doesn't go on may be something else, which waits for an answer.
            return new Next.Relay(attempt, null);
        }
        return caller.sweep(attempt.endpoint, now) ? Next.STAY : Next.ending(Outcome.IDLE);
    }

    @Override
    public Next onMemberRemoved(Member gone) {
        return attempt.member == gone ? new Next.Elsewhere(attempt, null, Next.ending(Outcome.MEMBER_DOWN)) : Next.STAY;
    }

    @Override
    public void abandon(boolean abrupt) {
        attempt.endpoint.close(abrupt);
        attempt.member.released();
    }

    @Override
    public Member target() {
        return attempt.member;
    }

    @Override
    public Endpoint endpoint() {
        return attempt.endpoint;
    }
}
