package io.hawser.lb.balance;

/** What tells that connections belong together, and go to the same member while that is neither gone nor overloaded. */
public enum Affinity {
    /** Nothing does. */
    NONE,
    /** The client's address. */
    SOURCE_IP,
    /** The server name in the client's ClientHello. */
    SNI,
    /** The certificate that the client showed. */
    CLIENT_CERTIFICATE
}
