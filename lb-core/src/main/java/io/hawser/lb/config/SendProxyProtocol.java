package io.hawser.lb.config;

/** Which PROXY header a member is sent before the client's bytes. */
public enum SendProxyProtocol {
    /** None. */
    OFF,
    /** A line of text. */
    V1,
    /** The binary form; with what is known of the client's TLS. */
    V2
}
