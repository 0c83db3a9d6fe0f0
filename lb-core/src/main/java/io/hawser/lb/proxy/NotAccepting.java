package io.hawser.lb.proxy;

import java.time.Duration;

/**
 * A proxy that accepts no connections, or not on each of its loops, because it lacks something. Immutable.
 *
 * @param why what it lacks
 * @param lasting for how long
 */
public record NotAccepting(Shortage why, Duration lasting) {}
