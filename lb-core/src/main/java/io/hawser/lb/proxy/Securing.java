package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import io.hawser.lb.net.Records;
import io.hawser.lb.net.Wire;
import io.hawser.lb.tls.HandshakeFailure;
import io.hawser.lb.tls.ServerTls;
import io.hawser.lb.tls.Session;
import org.jspecify.annotations.Nullable;

/**
 * Shakes hands with a client whose TLS ends here. Event loop of the connection.
 *
 * <p>A client that has not sent a byte costs a socket; a session is opened with its first.
 */
final class Securing implements Phase {
    private final IoLoop loop;
    private final Connection connection;
    private final Wire client;
    private final ServerTls tls;
    private long begunAt;
    private boolean waitsForTurn;

    Securing(IoLoop loop, Connection connection, Wire client, ServerTls tls) {
        this.loop = loop;
        this.connection = connection;
        this.client = client;
        this.tls = tls;
    }

    @Override
    public void begin() {
        // Something may have come behind a PROXY header.
        if (connection.first().length() > 0) {
            shake();
        }
    }

    @Override
    public void ready(Wire wire, boolean writable) {
        if (client.isBroken()) {
            fail(HandshakeFailure.CLOSED);
        } else if (client.isReadable() || client.hasPending()) {
            shake();
        }
    }

    private void shake() {
        if (!loop.mayShakeHands()) {
            if (!waitsForTurn) {
                waitsForTurn = true;
                loop.later(this::turn);
            }
            return;
        }
        Records records = client.records();
        if (records == null) {
            records = open();
        }
        switch (records.shake()) {
            case WAITS -> {}
            case DONE -> done(records.session());
            case FAILED -> fail(records.failure());
        }
    }

    private void turn() {
        waitsForTurn = false;
        connection.ready(client, false);
    }

    private Records open() {
        begunAt = loop.exactNow();
        return client.secure(tls.open(), true, connection.first().take());
    }

    private void done(Session session) {
        Listener listener = connection.listener();
        listener.handshakes().done(listener.name(), loop.exactNow() - begunAt, session.isResumed());
        connection.secured(session);
    }

    private void fail(HandshakeFailure why) {
        connection.listener().handshakes().failed(why);
        connection.debug("tls handshake with client failed", why.label());
        connection.end(
                switch (why) {
                    case TIMEOUT -> Outcome.HELLO_TIMEOUT;
                    case CLOSED -> Outcome.CLIENT_LEFT;
                    case NOT_TLS -> Outcome.NOT_TLS;
                    case NO_MEMORY, SIGNATURE -> Outcome.INTERNAL;
                    default -> Outcome.TLS_FAILED;
                });
    }

    @Override
    public void tick(long now) {
        if (now - connection.openedAt() >= connection.listener().helloNanos()) {
            fail(HandshakeFailure.TIMEOUT);
        }
    }

    @Override
    public void leave(Member gone) {
        // No member is involved yet.
    }

    @Override
    public void abandon(boolean abrupt) {
        // The client's wire closes the session.
    }

    @Override
    public @Nullable Member target() {
        return null;
    }

    @Override
    public @Nullable Wire wire() {
        return null;
    }
}
