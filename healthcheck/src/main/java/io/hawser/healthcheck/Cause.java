package io.hawser.healthcheck;

/** Why a check ended as it did: one value is one label of a counter. Immutable. */
public enum Cause {
    /** It passed. */
    PASSED,
    /** The connection was refused. */
    REFUSED,
    /** There is no way to the member: no route, network or host unreachable. */
    UNREACHABLE,
    /** No connection within the connect timeout. */
    CONNECT_TIMEOUT,
    /** A connection, but no complete answer within the timeout. */
    TIMEOUT,
    /** The member ended the connection before its answer was complete. */
    CLOSED,
    /** The member reset the connection before its answer was complete. */
    RESET,
    /** The TLS handshake failed: untrusted or expired certificate, alert, no TLS at all. */
    TLS,
    /** A status that is not expected. */
    STATUS,
    /** Bytes that are no HTTP answer. */
    NOT_HTTP,
    /** An answer beyond the bounds of a check. */
    TOO_LARGE,
    /** A file that the check needs (token, CA, certificate, key) cannot be used. */
    FILE,
    /** This node could not make the check: no descriptor, memory or local port left. */
    OWN_LIMIT;

    /** The label in metrics: lower case with dashes. */
    public String label() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
