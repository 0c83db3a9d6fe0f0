package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;

/**
 * Members that serve the same thing, and how one is chosen. Immutable.
 *
 * @param name unique among the pools
 * @param members at least one; names and addresses are unique in the pool
 * @param balance how a member is chosen for a connection
 * @param connectTimeout a member that has not accepted by then is given up for another
 * @param retries further members to try for one connection, 0 to 10
 * @param onDown what happens to the connections of a member that goes down
 * @param health how members are checked
 */
public record Pool(
        String name,
        List<Member> members,
        Balance balance,
        Duration connectTimeout,
        int retries,
        OnDown onDown,
        Health health) {

    public Pool {
        requireNonNull(name, "name");
        members = List.copyOf(members);
        requireNonNull(balance, "balance");
        requireNonNull(connectTimeout, "connectTimeout");
        requireNonNull(onDown, "onDown");
        requireNonNull(health, "health");
    }
}
