package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import io.hawser.lb.inspect.FirstBytes;
import io.hawser.lb.inspect.TlsHello;
import io.hawser.lb.net.Block;
import io.hawser.lb.net.Errno;
import io.hawser.lb.net.Wire;

/**
 * A member is connected, and neither side has said anything. Event loop of the connection.
 *
 * <p>Here it shows which kind of protocol it is, without delaying any: if the member speaks first, or the client with
 * anything but a TLS hello, the relay begins at once. If it is a hello, the member must answer it in time or is raced. And
 * a member that ends the connection now is exchanged, as nobody has seen anything of it.
 */
final class Opening implements Phase {
    private final IoLoop loop;
    private final Connection connection;
    private final Connector connector;
    private final Attempt attempt;
    private final Wire client;
    private final FirstBytes first;
    private boolean isPartial;

    Opening(IoLoop loop, Connection connection, Connector connector, Attempt attempt) {
        this.loop = loop;
        this.connection = connection;
        this.connector = connector;
        this.attempt = attempt;
        this.client = connection.client();
        this.first = connection.first();
    }

    @Override
    public void begin() {
        // Something may have come behind a PROXY header.
        if (first.length() == 0 || !examine()) {
            ready(client, false);
        }
    }

    @Override
    public void ready(Wire wire, boolean writable) {
        if (client.isBroken()) {
            connection.end(client.isLost() ? Outcome.CLIENT_LOST : Outcome.CLIENT_RESET);
        } else if (attempt.wire.isReadable()) {
            memberReady();
        } else if (client.isReadable()) {
            clientReady();
        }
    }

    private void memberReady() {
        switch (Attempt.readAnswer(attempt.wire, loop.blocks())) {
            case Attempt.Answer.Bytes(Block block) -> connection.relay(attempt, block);
            case Attempt.Answer.None _ -> clientReady();
            case Attempt.Answer.Gone(boolean isEnd) -> {
                if (connector.again(attempt.member)) {
                    attempt.abandon();
                    loop.memberFailed(attempt.member, ConnectFailure.DROPPED);
                    connection.seekAgain(connector);
                } else if (isEnd) {
                    connection.relay(attempt, null);
                } else {
                    connection.end(Outcome.MEMBER_RESET);
                }
            }
            case null -> lacksMemory();
        }
    }

    private void clientReady() {
        while (true) {
            switch (first.read()) {
                case SOME -> {
                    if (examine()) {
                        return;
                    }
                }
                case NOTHING -> {
                    return;
                }
                case ENDED, FULL -> {
                    connection.relay(attempt, null);
                    return;
                }
                case FAILED -> {
                    connection.end(client.isLost() ? Outcome.CLIENT_LOST : Outcome.CLIENT_RESET);
                    return;
                }
                case NO_MEMORY -> {
                    lacksMemory();
                    return;
                }
            }
        }
    }

    /** Whether it is clear now what the client speaks. */
    private boolean examine() {
        switch (first.hello()) {
            case TlsHello.NeedMore() -> {
                isPartial = true;
                return false;
            }
            case TlsHello.Client hello -> {
                connection.greetedBy(hello);
                if (connector.race(attempt, first, hello)) {
                    connection.seekAgain(connector);
                    return true;
                }
            }
            case TlsHello.NotTls() -> {
                if (connection.isForgery()) {
                    connection.end(Outcome.PROXY_HEADER_UNTRUSTED);
                    return true;
                }
                if (connection.looksForForgery() && first.mayBecomeProxyHeader()) {
                    isPartial = true;
                    return false;
                }
            }
            case TlsHello.Malformed _, TlsHello.TooLarge _ -> {
                // The member may make of it what it likes.
            }
        }
        connection.relay(attempt, null);
        return true;
    }

    private void lacksMemory() {
        loop.lacks(Errno.ENOMEM, "relay");
        connection.end(Outcome.INTERNAL);
    }

    @Override
    public void tick(long now) {
        if (isPartial) {
            // What began like a hello and doesn't go on may be something else, which waits for an answer.
            connection.relay(attempt, null);
        } else {
            connection.sweep(attempt.wire, now);
        }
    }

    @Override
    public void leave(Member gone) {
        if (attempt.member != gone) {
            return;
        }
        if (connector.again(gone)) {
            attempt.abandon();
            connection.seekAgain(connector);
        } else {
            connection.end(Outcome.MEMBER_DOWN);
        }
    }

    @Override
    public void abandon(boolean abrupt) {
        attempt.wire.close(abrupt);
        attempt.member.released();
    }

    @Override
    public Member target() {
        return attempt.member;
    }

    @Override
    public Wire wire() {
        return attempt.wire;
    }
}
