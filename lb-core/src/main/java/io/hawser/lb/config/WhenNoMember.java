package io.hawser.lb.config;

/** What clients of a listener see while no member of its pool can be used. */
public enum WhenNoMember {
    /** The connection is accepted and closed. */
    CLOSE,
    /** The port is closed until a member is back. */
    REFUSE
}
