package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.balance.PoolSettings;
import java.util.List;
import java.util.Optional;

/**
 * Members that serve the same thing, and how one is chosen. Immutable.
 *
 * @param name unique among the pools
 * @param members at least one; names and addresses are unique in the pool
 * @param settings how the pool is used
 * @param health how members are checked
 * @param tls how connections to members are encrypted; empty: they are not
 */
public record Pool(String name, List<Member> members, PoolSettings settings, Health health, Optional<MemberTls> tls) {

    public Pool {
        requireNonNull(name, "name");
        members = List.copyOf(members);
        requireNonNull(settings, "settings");
        requireNonNull(health, "health");
        requireNonNull(tls, "tls");
    }
}
