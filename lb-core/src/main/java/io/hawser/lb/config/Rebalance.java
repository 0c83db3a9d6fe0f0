package io.hawser.lb.config;

/**
 * How connections are moved from members that have too many to one that is back. Immutable.
 *
 * @param perSecond connections that are closed a second, 1 to 1000, until the shares are even
 */
public record Rebalance(int perSecond) {}
