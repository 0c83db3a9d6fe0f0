package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;
import io.hawser.lb.net.Endpoint;
import org.jspecify.annotations.Nullable;

/**
 * A phase of a connection, as the handshake or the relay. Event loop of the connection; a phase acts only while it is the
 * current one, and says what comes next instead of calling who does that.
 *
 * <pre>
 *  accept ─► InspectPhase ─► Connector ─► AwaitFirstByte ─► Connector ─► Relaying ─► end
 *        │   PROXY header  connects     nobody     races the
 *        ▼   and hello        ▲         spoke yet  hello
 *     ClientTlsHandshake ───────────────┘
 *     TLS ends here
 * </pre>
 *
 * Each phase but the last may be left out: a plain listener whose pool has nobody to race goes from accept to the connector
 * and from there to the relay.
 */
interface Phase {

    /** Is entered. */
    Next begin();

    /**
     * One of the connection's sockets has news.
     *
     * @param endpoint whose socket
     * @param writable whether it can be written to, or has been connected, or has failed
     */
    Next ready(Endpoint endpoint, boolean writable);

    /** Looks at the clock. How often depends on the list of the loop that holds the connection. */
    Next tick(long now);

    /** Gives up a member, in favour of another where the client doesn't notice. */
    Next onMemberRemoved(Member gone);

    /** Lets go of everything but the client, with a reset when it is abrupt; the connection is over. */
    void abandon(boolean abrupt);

    /** The member that the connection counts for; null while there is none. */
    @Nullable
    Member target();

    /** The socket of that member. */
    @Nullable
    Endpoint endpoint();
}
