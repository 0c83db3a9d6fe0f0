package io.hawser.lb.balance;

import static java.util.Objects.requireNonNull;

import java.net.InetSocketAddress;

/**
 * The configuration of a member. Immutable.
 *
 * @param name unique in its pool
 * @param address where it listens; unresolved while its name does not resolve
 * @param weight its share of the new connections relative to the others, 0 (none) to {@value Member#MAX_WEIGHT}
 * @param backup whether it is used only while no other member is
 * @param maxConnections how many connections it may have at once; {@link Member#UNLIMITED} for any number
 */
public record MemberPlan(String name, InetSocketAddress address, int weight, boolean backup, int maxConnections) {
    public MemberPlan {
        requireNonNull(name, "name");
        requireNonNull(address, "address");
        checkedWeight(weight);
        if (maxConnections < 0) {
            throw new IllegalArgumentException("limit of " + maxConnections + " connections is negative");
        }
    }

    static int checkedWeight(int weight) {
        if (weight < 0 || weight > Member.MAX_WEIGHT) {
            throw new IllegalArgumentException("weight " + weight + " is not in 0 to " + Member.MAX_WEIGHT);
        }
        return weight;
    }
}
