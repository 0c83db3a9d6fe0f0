package io.hawser.lb.config;

/** What happens to the connections of a member that goes down. */
public enum OnDown {
    /** They are closed, so that clients connect again and reach another member. */
    CLOSE,
    /** They stay until they end by themselves. */
    KEEP
}
