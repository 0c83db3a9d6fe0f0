package io.hawser.lb.daemon;

import io.hawser.healthcheck.CheckResult;

/** Tells whether a check says anything about the network. Pure; any thread. */
final class HttpAnswers {
    private HttpAnswers() {}

    /** Whether somebody answered, if only with a refusal: then this node is not cut off. */
    static boolean isAnswer(CheckResult result) {
        return switch (result.cause()) {
            case PASSED, REFUSED, CLOSED, RESET, TLS, STATUS, NOT_HTTP, TOO_LARGE, TIMEOUT -> true;
            // A file or limit of our own says nothing about the network, so it must not be taken for silence.
            case FILE, OWN_LIMIT -> true;
            case UNREACHABLE, CONNECT_TIMEOUT -> false;
        };
    }
}
