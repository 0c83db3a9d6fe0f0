package io.hawser.lb.proxy;

import static java.util.Objects.requireNonNull;

import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection that has ended. Immutable.
 *
 * @param listener the listener that accepted it
 * @param client the client, from a trusted PROXY header if there was one; null when it had gone too soon to tell
 * @param serverName the name in its TLS hello; null without, or when no hello was looked at
 * @param alpn the protocols its hello offered
 * @param pool the pool it went to; null when it came to none
 * @param member the member it was connected to at its end; null without
 * @param fromClient bytes that went from the client to the member
 * @param fromMember bytes that went from the member to the client
 * @param connectNanos how long connecting to the member took; -1 when it did not succeed
 * @param firstByteNanos from accept to the member's first byte; -1 when there was none
 * @param durationNanos from accept to the end, of which the beginning is known to 0.1 s
 * @param attempts attempts to connect to a member
 * @param isHedged whether two were under way at the same time
 * @param outcome how it ended, and by whom
 */
public record ConnectionRecord(
        String listener,
        @Nullable InetSocketAddress client,
        @Nullable String serverName,
        List<String> alpn,
        @Nullable String pool,
        @Nullable String member,
        long fromClient,
        long fromMember,
        long connectNanos,
        long firstByteNanos,
        long durationNanos,
        int attempts,
        boolean isHedged,
        Outcome outcome) {
    public ConnectionRecord {
        requireNonNull(listener, "listener");
        alpn = List.copyOf(alpn);
        requireNonNull(outcome, "outcome");
    }
}
