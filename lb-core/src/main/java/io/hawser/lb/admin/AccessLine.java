package io.hawser.lb.admin;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the access log says of one connection, when it has ended. Immutable. It holds no certificate and no key.
 *
 * @param at when it ended
 * @param listener who accepted it
 * @param client address and port, null when it had gone too soon to tell
 * @param serverName of its TLS hello, null without
 * @param alpn the protocols that its hello offered
 * @param pool where it went, null when to none
 * @param member who served it, null when nobody did
 * @param fromClient bytes from the client to the member
 * @param fromMember bytes from the member to the client
 * @param connect how long connecting to the member took, null when it did not succeed
 * @param firstByte from accept to the member's first byte, null when there was none
 * @param duration from accept to the end
 * @param attempts attempts to connect to a member
 * @param hedged whether two were under way at the same time
 * @param outcome how it ended: a label of the metric {@code hawser_connections_total}
 * @param endedBy who brought the end about: client, member, both or proxy
 */
public record AccessLine(
        Instant at,
        String listener,
        @Nullable String client,
        @Nullable String serverName,
        List<String> alpn,
        @Nullable String pool,
        @Nullable String member,
        long fromClient,
        long fromMember,
        @Nullable Duration connect,
        @Nullable Duration firstByte,
        Duration duration,
        int attempts,
        boolean hedged,
        String outcome,
        String endedBy) {

    public AccessLine {
        requireNonNull(at, "at");
        requireNonNull(listener, "listener");
        alpn = List.copyOf(alpn);
        requireNonNull(duration, "duration");
        requireNonNull(outcome, "outcome");
        requireNonNull(endedBy, "endedBy");
    }

    /** As one JSON object on one line, without the line's end. */
    byte[] json() {
        return JsonWriter.bytes(json -> json.text("kind", "access")
                .text("at", at)
                .text("listener", listener)
                .text("client", client)
                .text("serverName", serverName)
                .texts("alpn", alpn)
                .text("pool", pool)
                .text("member", member)
                .number("fromClient", fromClient)
                .number("fromMember", fromMember)
                .seconds("connectSeconds", connect)
                .seconds("firstByteSeconds", firstByte)
                .seconds("durationSeconds", duration)
                .number("attempts", attempts)
                .flag("hedged", hedged)
                .text("outcome", outcome)
                .text("endedBy", endedBy));
    }
}
