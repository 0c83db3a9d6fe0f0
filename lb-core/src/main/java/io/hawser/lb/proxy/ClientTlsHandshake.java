package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import io.hawser.lb.net.Endpoint;
import io.hawser.lb.net.TlsLayer;
import io.hawser.lb.tls.HandshakeFailure;
import io.hawser.lb.tls.ServerTls;
import io.hawser.lb.tls.Session;
import org.jspecify.annotations.Nullable;

/**
 * Shakes hands with a client whose TLS ends here. Event loop of the connection.
 *
 * <p>A client that has not sent a byte costs a socket; a session is opened with its first.
 */
final class ClientTlsHandshake implements Phase {
    private final IoLoop loop;
    private final Caller caller;
    private final Host host;
    private final Endpoint client;
    private final ServerTls tls;
    private long begunAt;
    private boolean waitsForTurn;

    ClientTlsHandshake(Caller caller, Host host, ServerTls tls) {
        this.loop = caller.loop();
        this.caller = caller;
        this.host = host;
        this.client = caller.endpoint();
        this.tls = tls;
    }

    @Override
    public Next begin() {
        // Something may have come behind a PROXY header.
        return caller.firstLength() > 0 ? shake() : Next.STAY;
    }

    @Override
    public Next ready(Endpoint endpoint, boolean writable) {
        if (client.isBroken()) {
            return failed(HandshakeFailure.CLOSED);
        }
        return client.isReadable() || client.hasPending() ? shake() : Next.STAY;
    }

    private Next shake() {
        if (!loop.mayShakeHands()) {
            if (!waitsForTurn) {
                waitsForTurn = true;
                loop.later(this::turn);
            }
            return Next.STAY;
        }
        TlsLayer records = client.tls();
        if (records == null) {
            records = open();
        }
        return switch (records.shake()) {
            case WAITS -> Next.STAY;
            case DONE -> done(records.session());
            case FAILED -> failed(records.failure());
        };
    }

    private void turn() {
        waitsForTurn = false;
        host.ready(client, false);
    }

    private TlsLayer open() {
        begunAt = loop.exactNow();
        return client.secure(tls.open(), true, caller.takeFirst());
    }

    private Next done(Session session) {
        Listener listener = caller.listener();
        listener.handshakes().done(listener.name(), loop.exactNow() - begunAt, session.isResumed());
        return new Next.Secured(session);
    }

    private Next failed(HandshakeFailure why) {
        caller.listener().handshakes().failed(why);
        caller.debug("tls handshake with client failed", why.label());
        return Next.ending(
                switch (why) {
                    case TIMEOUT -> Outcome.HELLO_TIMEOUT;
                    case CLOSED -> Outcome.CLIENT_LEFT;
                    case NOT_TLS -> Outcome.NOT_TLS;
                    case NO_MEMORY, SIGNATURE -> Outcome.INTERNAL;
                    default -> Outcome.TLS_FAILED;
                });
    }

    @Override
    public Next tick(long now) {
        boolean isInTime = now - caller.openedAt() < caller.listener().helloNanos();
        return isInTime ? Next.STAY : failed(HandshakeFailure.TIMEOUT);
    }

    @Override
    public Next onMemberRemoved(Member gone) {
        // No member is involved yet.
        return Next.STAY;
    }

    @Override
    public void abandon(boolean abrupt) {
        // The client's endpoint closes the session.
    }

    @Override
    public @Nullable Member target() {
        return null;
    }

    @Override
    public @Nullable Endpoint endpoint() {
        return null;
    }
}
