package io.hawser.lb.config;

/** What a listener does with a connection's bytes. */
enum Mode {
    /** Passes them on as they are. */
    TCP,
    /** Ends TLS, and passes on what was in it. */
    TLS
}
