package io.hawser.lb.tls;

import org.jspecify.annotations.Nullable;

/**
 * Why a callback of the library refuses a handshake, which the library itself cannot be told: the verifier and the signer
 * leave their reason here, and the session takes it. One for each thread, as a handshake runs on one from end to end.
 */
final class Refusal {
    private static final ThreadLocal<@Nullable HandshakeFailure> REASON = new ThreadLocal<>();

    private Refusal() {}

    /** Leaves a reason. */
    static void because(HandshakeFailure reason) {
        REASON.set(reason);
    }

    /** Takes the reason that was left on this thread; null when there is none. */
    static @Nullable HandshakeFailure take() {
        HandshakeFailure reason = REASON.get();
        REASON.remove();
        return reason;
    }
}
