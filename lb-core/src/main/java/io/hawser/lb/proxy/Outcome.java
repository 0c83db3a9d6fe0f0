package io.hawser.lb.proxy;

import java.util.Locale;

/** How a connection ended. */
public enum Outcome {
    /** Both sides said that they were done. */
    COMPLETED,
    /** The client reset it. */
    CLIENT_RESET,
    /** The member reset it. */
    MEMBER_RESET,
    /** The client stopped answering. */
    CLIENT_LOST,
    /** The member stopped answering. */
    MEMBER_LOST,
    /** The client reset it before a member was connected. */
    CLIENT_LEFT,
    /** The pool had no member to offer. */
    NO_MEMBER,
    /** Every attempt to connect to a member failed. */
    CONNECT_FAILED,
    /** Nothing was sent for the idle timeout. */
    IDLE,
    /** Its member went down, or an operator closed it. */
    MEMBER_DOWN,
    /** Its address may not connect. */
    DENIED,
    /** Its source had as many connections as it may. */
    SOURCE_CONNECTIONS,
    /** Its source opened connections faster than it may. */
    SOURCE_RATE,
    /** Every member had as many connections as it may, and as many waited as may. */
    QUEUE_FULL,
    /** No member had a place for it in time. */
    QUEUE_TIMEOUT,
    /** It was closed so that its client may come to a member that has fewer. */
    REBALANCED,
    /** The proxy stopped and it had not ended by itself in time. */
    STOPPED,
    /** This process lacked memory or descriptors, or failed. */
    INTERNAL;

    private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** The name for metrics and logs: lower case with dashes. */
    public String label() {
        return label;
    }
}
