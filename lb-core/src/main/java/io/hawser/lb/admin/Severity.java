package io.hawser.lb.admin;

/** How much attention an event needs. Immutable. */
public enum Severity {
    /** A change of state that needs nothing. */
    INFO,
    /** Degraded; the process is acting on it. */
    WARNING,
    /** A human must act. */
    ERROR
}
