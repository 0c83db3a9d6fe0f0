package io.hawser.healthcheck;

import java.nio.ByteBuffer;

/** What the probe of a peer has found out. Times are on the scale of System.nanoTime(). Immutable. */
public sealed interface PeerEvidence {

    /** In words and with the numbers: lower case, no full stop. */
    String reason();

    /**
     * It answered. The body is as it came and may lie.
     *
     * @param status the HTTP status, 200 to 999
     * @param body at most 64 KiB; read-only, each call gives a view with its own position
     * @param askedAtNanos when the question was sent: what the answer says was true after that
     * @param roundTripNanos from question to complete answer
     */
    record Answered(int status, ByteBuffer body, long askedAtNanos, long roundTripNanos) implements PeerEvidence {
        public Answered {
            body = body.asReadOnlyBuffer();
        }

        @Override
        public ByteBuffer body() {
            return body.duplicate();
        }

        @Override
        public String reason() {
            return "status %d after %.1f ms".formatted(status, roundTripNanos / 1e6);
        }
    }

    /**
     * It had answered before, the open connection was lost, and the peer's kernel refuses a new one at once. Said again
     * at each further refusal.
     *
     * @param sinceNanos when it was first refused: what the peer does after that contradicts it
     * @param isClosed whether the peer's kernel ended the open connection with a FIN, as it does when a process dies;
     *     false: it was reset, as by a firewall that rejects what is sent to a living process
     */
    record Gone(String reason, long sinceNanos, boolean isClosed) implements PeerEvidence {}

    /**
     * It had answered before and now refuses connections, but no open connection was lost by that: a firewall, another
     * port, or a process that ended while nobody was connected. Proves nothing. Said again at each further refusal.
     *
     * @param sinceNanos when it was first refused
     */
    record Refused(String reason, long sinceNanos) implements PeerEvidence {}

    /** The connection was lost, but a new one is answered: the process has restarted, or closed what was idle. */
    record Reconnected(String reason) implements PeerEvidence {}

    /**
     * It had answered before and now nothing comes: frozen, cut off, or overloaded. Said again while it lasts.
     *
     * @param sinceNanos when it last answered
     */
    record Silent(String reason, long sinceNanos) implements PeerEvidence {}

    /**
     * It has never answered, so nothing follows: not started yet, or something between here and there.
     *
     * @param sinceNanos when the probe began
     */
    record Unreached(String reason, long sinceNanos) implements PeerEvidence {}

    /** Something answered, but not as a peer does (no HTTP, too large): at best to be ignored. */
    record Invalid(String reason) implements PeerEvidence {}
}
