package io.hawser.lb.admission;

/** Why a connection is not let in. */
public enum Refusal {
    /** Its address may not connect. */
    DENIED,
    /** Its source has as many connections as it may. */
    TOO_MANY,
    /** Its source opens connections faster than it may. */
    TOO_FAST
}
