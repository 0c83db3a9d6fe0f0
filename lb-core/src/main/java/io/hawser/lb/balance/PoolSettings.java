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
 * @param hedgeAfter when a second member is tried at the same time as a first one that takes so long; zero for never
 * @param sendProxyProtocol the header that members are sent before the client's bytes
 */
public record PoolSettings(
        Balance balance,
        Duration connectTimeout,
        int retries,
        OnDown onDown,
        Duration hedgeAfter,
        SendProxyProtocol sendProxyProtocol) {

    /** What happens to the connections of a member that goes down. */
    public enum OnDown {
        /** They are closed, so that clients come back and reach another member. */
        CLOSE,
        /** They stay until they end by themselves. */
        KEEP
    }

    /** The header that says who the client is. */
    public enum SendProxyProtocol {
        /** None. */
        OFF,
        /** Version 1, a line of text. */
        V1,
        /** Version 2, binary, with what is known of TLS. */
        V2
    }

    /** The defaults of the configuration. */
    public static final PoolSettings DEFAULTS = new PoolSettings(
            Balance.LEAST_CONNECTIONS,
            Duration.ofSeconds(1),
            3,
            OnDown.CLOSE,
            Duration.ofMillis(100),
            SendProxyProtocol.OFF);

    /** A pool without second attempts and PROXY headers. */
    public PoolSettings(Balance balance, Duration connectTimeout, int retries, OnDown onDown) {
        this(balance, connectTimeout, retries, onDown, Duration.ZERO, SendProxyProtocol.OFF);
    }

    public PoolSettings {
        requireNonNull(balance, "balance");
        requireNonNull(connectTimeout, "connectTimeout");
        requireNonNull(onDown, "onDown");
        requireNonNull(sendProxyProtocol, "sendProxyProtocol");
        if (hedgeAfter.isNegative()) {
            throw new IllegalArgumentException("hedge after " + hedgeAfter + " is negative");
        }
        if (!connectTimeout.isPositive()) {
            throw new IllegalArgumentException("connect timeout " + connectTimeout + " is not positive");
        }
        if (retries < 0) {
            throw new IllegalArgumentException("retries " + retries + " is negative");
        }
    }
}
