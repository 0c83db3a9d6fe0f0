package io.hawser.lb.proxy;

/** What a listener does while its pool has no usable member. */
public enum WhenNoMember {
    /** It accepts and resets each connection at once. */
    CLOSE,
    /** Its port is closed until a member is back, so that clients are refused. */
    REFUSE
}
