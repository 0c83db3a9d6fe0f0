package io.hawser.lb.config;

/** How a member is chosen for a connection. Weights count in each but {@link #FIRST}. */
public enum Balance {
    /** The member with the fewest connections for its weight. */
    LEAST_CONNECTIONS,
    /** In turn. */
    ROUND_ROBIN,
    /** The better of two members that were drawn by lot. */
    RANDOM,
    /** The one that the client's address decides, the same on every node. */
    SOURCE_HASH,
    /** The first in file order that is up and below its limit. */
    FIRST
}
