package io.hawser.lb.proxy;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A connection at one moment. Immutable.
 *
 * @param listener the listener that accepted it
 * @param client the client's address; null when it has just gone
 * @param local the address the client connected to; null when it has just gone
 * @param member the member's name; null while one is sought
 * @param loop the event loop it lives on
 * @param ageNanos how long ago it was accepted
 * @param idleNanos how long ago something was last sent, to 0.1 s
 * @param fromClient bytes the client has sent
 * @param fromMember bytes the member has sent
 */
public record ConnectionInfo(
        String listener,
        @Nullable InetSocketAddress client,
        @Nullable InetSocketAddress local,
        @Nullable String member,
        int loop,
        long ageNanos,
        long idleNanos,
        long fromClient,
        long fromMember) {}
