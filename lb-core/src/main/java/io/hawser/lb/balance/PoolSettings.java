package io.hawser.lb.balance;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How a pool is used. Immutable.
 *
 * @param balance how connections are spread
 * @param connectTimeout how long one attempt to connect may take; positive
 * @param retries how many more attempts a connection gets after its first has failed; 0 or more
 * @param onDown what happens to the connections of a member that goes down
 */
public record PoolSettings(Balance balance, Duration connectTimeout, int retries, OnDown onDown) {

    /** What happens to the connections of a member that goes down. */
    public enum OnDown {
        /** They are closed, so that clients come back and reach another member. */
        CLOSE,
        /** They stay until they end by themselves. */
        KEEP
    }

    /** The defaults of the configuration. */
    public static final PoolSettings DEFAULTS =
            new PoolSettings(Balance.LEAST_CONNECTIONS, Duration.ofSeconds(1), 3, OnDown.CLOSE);

    public PoolSettings {
        requireNonNull(balance, "balance");
        requireNonNull(connectTimeout, "connectTimeout");
        requireNonNull(onDown, "onDown");
        if (!connectTimeout.isPositive()) {
            throw new IllegalArgumentException("connect timeout " + connectTimeout + " is not positive");
        }
        if (retries < 0) {
            throw new IllegalArgumentException("retries " + retries + " is negative");
        }
    }
}
