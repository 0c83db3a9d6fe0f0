package io.hawser.lb.balance;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * The settings of a pool that decide where its connections go, besides the way to balance. Immutable.
 *
 * @param affinity what tells that connections belong together
 * @param slowStart how long a member that is back takes to come to its whole weight; zero for at once
 * @param queueLength how many connections may wait for a place at a member, for each that has a limit
 * @param queueTimeout how long one may wait; positive
 * @param rebalancePerSecond how many connections a second members that have too many are relieved of; 0 for none
 */
public record Distribution(
        Affinity affinity, Duration slowStart, int queueLength, Duration queueTimeout, int rebalancePerSecond) {

    /** The defaults of the configuration. */
    public static final Distribution DEFAULTS =
            new Distribution(Affinity.NONE, Duration.ofSeconds(30), 100, Duration.ofSeconds(1), 0);

    public Distribution {
        requireNonNull(affinity, "affinity");
        requireNonNull(slowStart, "slowStart");
        requireNonNull(queueTimeout, "queueTimeout");
        if (slowStart.isNegative()) {
            throw new IllegalArgumentException("slow start of " + slowStart + " is negative");
        }
        if (queueLength < 0) {
            throw new IllegalArgumentException("queue of " + queueLength + " is negative");
        }
        if (!queueTimeout.isPositive()) {
            throw new IllegalArgumentException("queue timeout " + queueTimeout + " is not positive");
        }
        if (rebalancePerSecond < 0) {
            throw new IllegalArgumentException("rebalancing " + rebalancePerSecond + " a second is negative");
        }
    }

    /** The same with another affinity. */
    public Distribution with(Affinity other) {
        return new Distribution(other, slowStart, queueLength, queueTimeout, rebalancePerSecond);
    }

    /** The same with another slow start. */
    public Distribution withSlowStart(Duration other) {
        return new Distribution(affinity, other, queueLength, queueTimeout, rebalancePerSecond);
    }

    /** The same with another queue. */
    public Distribution withQueue(int length, Duration timeout) {
        return new Distribution(affinity, slowStart, length, timeout, rebalancePerSecond);
    }

    /** The same with another pace of rebalancing. */
    public Distribution withRebalance(int perSecond) {
        return new Distribution(affinity, slowStart, queueLength, queueTimeout, perSecond);
    }
}
