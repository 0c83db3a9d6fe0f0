package io.hawser.lb.config;

/** What tells that connections belong together. */
public enum AffinityBy {
    /** The client's address; that of its PROXY header where one is believed. */
    SOURCE_IP,
    /** The server name in the client's TLS hello. */
    SNI,
    /** The certificate that the client showed. */
    CLIENT_CERTIFICATE
}
