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
 * @param distribution what else decides where connections go
 */
public record PoolSettings(
        Balance balance, Duration connectTimeout, int retries, OnDown onDown, Distribution distribution) {

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
        requireNonNull(distribution, "distribution");
        if (!connectTimeout.isPositive()) {
            throw new IllegalArgumentException("connect timeout " + connectTimeout + " is not positive");
        }
        if (retries < 0) {
            throw new IllegalArgumentException("retries " + retries + " is negative");
        }
    }

    /** With the defaults for the rest. */
    public PoolSettings(Balance balance, Duration connectTimeout, int retries, OnDown onDown) {
        this(balance, connectTimeout, retries, onDown, Distribution.DEFAULTS);
    }

    /** The same with another distribution. */
    public PoolSettings with(Distribution other) {
        return new PoolSettings(balance, connectTimeout, retries, onDown, other);
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
