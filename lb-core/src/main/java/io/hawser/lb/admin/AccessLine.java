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
 * @param client who had opened it
 * @param destination where it went
 * @param bytes what it carried
 * @param times how long it took
 * @param attempts attempts to connect to a member
 * @param hedged whether two were under way at the same time
 * @param end how it ended
 */
public record AccessLine(
        Instant at,
        String listener,
        Client client,
        Destination destination,
        Bytes bytes,
        Times times,
        int attempts,
        boolean hedged,
        End end) {

    /**
     * Who opened a connection.
     *
     * @param address address and port, null when it had gone too soon to tell
     * @param serverName of its ClientHello, null without
     * @param alpn the protocols that its hello offered
     */
    public record Client(@Nullable String address, @Nullable String serverName, List<String> alpn) {
        public Client {
            alpn = List.copyOf(alpn);
        }
    }

    /**
     * Where a connection went.
     *
     * @param pool null when to none
     * @param member who served it, null when nobody did
     */
    public record Destination(
            @Nullable String pool, @Nullable String member) {}

    /**
     * What a connection carried.
     *
     * @param fromClient bytes from the client to the member
     * @param fromMember bytes from the member to the client
     */
    public record Bytes(long fromClient, long fromMember) {}

    /**
     * How long a connection took.
     *
     * @param connect how long connecting to the member took, null when it did not succeed
     * @param firstByte from accept to the member's first byte, null when there was none
     * @param duration from accept to the end
     */
    public record Times(
            @Nullable Duration connect, @Nullable Duration firstByte, Duration duration) {
        public Times {
            requireNonNull(duration, "duration");
        }
    }

    /**
     * How a connection ended.
     *
     * @param outcome a label of the metric {@code hawser_connections_total}
     * @param by who brought the end about: client, member, both or proxy
     */
    public record End(String outcome, String by) {
        public End {
            requireNonNull(outcome, "outcome");
            requireNonNull(by, "by");
        }
    }

    public AccessLine {
        requireNonNull(at, "at");
        requireNonNull(listener, "listener");
        requireNonNull(client, "client");
        requireNonNull(destination, "destination");
        requireNonNull(bytes, "bytes");
        requireNonNull(times, "times");
        requireNonNull(end, "end");
    }

    /** As one JSON object on one line, without the line's end. */
    byte[] json() {
        return JsonWriter.bytes(json -> json.text("kind", "access")
                .text("at", at)
                .text("listener", listener)
                .text("client", client.address())
                .text("serverName", client.serverName())
                .texts("alpn", client.alpn())
                .text("pool", destination.pool())
                .text("member", destination.member())
                .number("fromClient", bytes.fromClient())
                .number("fromMember", bytes.fromMember())
                .seconds("connectSeconds", times.connect())
                .seconds("firstByteSeconds", times.firstByte())
                .seconds("durationSeconds", times.duration())
                .number("attempts", attempts)
                .flag("hedged", hedged)
                .text("outcome", end.outcome())
                .text("endedBy", end.by()));
    }
}
