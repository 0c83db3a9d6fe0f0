package io.hawser.lb.config;

/** What a health check tries. */
public enum HealthType {
    /** A TCP connection. */
    TCP,
    /** A TLS handshake. */
    TLS,
    /** An HTTP request in the clear. */
    HTTP,
    /** An HTTP request over TLS. */
    HTTPS;

    /** Whether a request is made and its status counts. */
    public boolean isHttp() {
        return this == HTTP || this == HTTPS;
    }

    /** Whether the check speaks TLS. */
    public boolean isTls() {
        return this == TLS || this == HTTPS;
    }
}
