package io.hawser.lb.balance;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * The settings of a pool. Immutable.
 *
 * @param balance how connections are spread
 * @param connectTimeout how long one attempt to connect may take; positive
 * @param retries how many more attempts a connection gets after its first has failed; 0 or more
 * @param onDown what happens to the connections of a member that goes down
 * @param distribution what else decides where connections go
 * @param hedgeAfter when a second member is tried at the same time as a first one that takes so long; zero for never
 * @param sendProxyProtocol the header that members are sent before the client's bytes
 */
public record PoolSettings(
        Balance balance,
        Duration connectTimeout,
        int retries,
        OnDown onDown,
        Distribution distribution,
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

    /** What the configuration has by default, for tests and benchmarks; the table of keys decides, and a test compares. */
    public static final PoolSettings DEFAULTS = new PoolSettings(
                    Balance.LEAST_CONNECTIONS, Duration.ofSeconds(1), 3, OnDown.CLOSE)
            .hedgedAfter(Duration.ofMillis(100));

    public PoolSettings {
        requireNonNull(balance, "balance");
        requireNonNull(connectTimeout, "connectTimeout");
        requireNonNull(onDown, "onDown");
        requireNonNull(distribution, "distribution");
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

    /** With the default distribution, without second attempts and without PROXY headers. */
    public PoolSettings(Balance balance, Duration connectTimeout, int retries, OnDown onDown) {
        this(balance, connectTimeout, retries, onDown, Distribution.DEFAULTS, Duration.ZERO, SendProxyProtocol.OFF);
    }

    /** The same with another distribution. */
    public PoolSettings with(Distribution other) {
        return new PoolSettings(balance, connectTimeout, retries, onDown, other, hedgeAfter, sendProxyProtocol);
    }

    /** The same with second attempts after so long; zero for none. */
    public PoolSettings hedgedAfter(Duration other) {
        return new PoolSettings(balance, connectTimeout, retries, onDown, distribution, other, sendProxyProtocol);
    }

    /** The same with this header for members. */
    public PoolSettings announcing(SendProxyProtocol other) {
        return new PoolSettings(balance, connectTimeout, retries, onDown, distribution, hedgeAfter, other);
    }

    /** What the keys of this pool's connections are made of. */
    public Affinity keyedBy() {
        boolean hashed = distribution.affinity() == Affinity.NONE && balance == Balance.SOURCE_HASH;
        return hashed ? Affinity.SOURCE_IP : distribution.affinity();
    }

    /** Creates the balancer of one event loop; the seed is that of {@link Balance#balancer}. */
    public Balancer balancer(int seed) {
        Balancer balancer = balance.balancer(seed);
        return distribution.affinity() == Affinity.NONE ? balancer : ConsistentHash.bounded(balancer);
    }

    /** Whether the balancers made for the other settings do for these. */
    public boolean isBalancedLike(PoolSettings other) {
        return balance == other.balance && distribution.affinity() == other.distribution.affinity();
    }
}
