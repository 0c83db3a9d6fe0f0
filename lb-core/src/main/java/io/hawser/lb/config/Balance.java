package io.hawser.lb.config;

/** How a member is chosen for a connection. Weights count in each. */
public enum Balance {
    /** The member with the fewest connections for its weight. */
    LEAST_CONNECTIONS,
    /** In turn. */
    ROUND_ROBIN
}
