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
 * @param hello what its ClientHello said
 * @param destination where it went
 * @param bytes what it carried
 * @param times how long it took
 * @param attempts attempts to connect to a member
 * @param isHedged whether two were under way at the same time
 * @param outcome how it ended, and by whom
 */
public record ConnectionRecord(
        String listener,
        @Nullable InetSocketAddress client,
        Hello hello,
        Destination destination,
        Bytes bytes,
        Times times,
        int attempts,
        boolean isHedged,
        Outcome outcome) {

    /**
     * What a ClientHello said.
     *
     * @param serverName the name in it; null without, or when no hello was looked at
     * @param alpn the protocols it offered
     */
    public record Hello(@Nullable String serverName, List<String> alpn) {
        public Hello {
            alpn = List.copyOf(alpn);
        }
    }

    /**
     * Where a connection went.
     *
     * @param pool null when it came to none
     * @param member the member it was connected to at its end; null without
     */
    public record Destination(
            @Nullable String pool, @Nullable String member) {}

    /**
     * What a connection carried.
     *
     * @param fromClient bytes that went from the client to the member
     * @param fromMember bytes that went from the member to the client
     */
    public record Bytes(long fromClient, long fromMember) {}

    /**
     * How long a connection took.
     *
     * @param connectNanos how long connecting to the member took; -1 when it did not succeed
     * @param firstByteNanos from accept to the member's first byte; -1 when there was none
     * @param durationNanos from accept to the end, of which the beginning is known to 0.1 s
     */
    public record Times(long connectNanos, long firstByteNanos, long durationNanos) {}

    public ConnectionRecord {
        requireNonNull(listener, "listener");
        requireNonNull(hello, "hello");
        requireNonNull(destination, "destination");
        requireNonNull(bytes, "bytes");
        requireNonNull(times, "times");
        requireNonNull(outcome, "outcome");
    }
}
