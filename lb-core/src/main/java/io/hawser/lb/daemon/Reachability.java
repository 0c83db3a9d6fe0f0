package io.hawser.lb.daemon;

import io.hawser.healthcheck.CheckResult;

/** Decides whether a check shows that this node reaches other machines. Pure; any thread. */
final class Reachability {
    private Reachability() {}

    /** Whether a machine answered, if only with a refusal: then this node is not isolated. */
    static boolean isAnswer(CheckResult result) {
        return switch (result.cause()) {
            case PASSED, REFUSED, CLOSED, RESET, TLS, STATUS, NOT_HTTP, TOO_LARGE, TIMEOUT -> true;
            // A file or limit of our own says nothing about the network, so it must not be taken for silence.
            case FILE, OWN_LIMIT -> true;
            case UNREACHABLE, CONNECT_TIMEOUT -> false;
        };
    }
}
