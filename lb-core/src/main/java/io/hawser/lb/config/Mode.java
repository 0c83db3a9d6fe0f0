package io.hawser.lb.config;

/** What a listener does with a connection's bytes. */
enum Mode {
    /** Passes them on as they are. */
    TCP
}
