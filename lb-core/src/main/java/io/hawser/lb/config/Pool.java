package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.Balance;
import io.hawser.lb.balance.PoolSettings.OnDown;
import io.hawser.lb.balance.PoolSettings.SendProxyProtocol;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

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
 * @param affinity what tells that connections belong together and go to one member; never NONE; empty: nothing does
 * @param hedgeAfter a second member is tried at the same time when the first has not accepted by then; empty: none is
 * @param slowStart a member that is back reaches its share within this; empty: at once
 * @param sendProxyProtocol which PROXY header members are sent
 * @param tls how connections to members are encrypted; empty: they are not
 * @param queue where connections wait while every member has as many as it may
 * @param rebalance how connections are moved to a member that is back; empty: they stay where they are
 */
public record Pool(
        String name,
        List<Member> members,
        Balance balance,
        Duration connectTimeout,
        int retries,
        OnDown onDown,
        Health health,
        Optional<Affinity> affinity,
        Optional<Duration> hedgeAfter,
        Optional<Duration> slowStart,
        SendProxyProtocol sendProxyProtocol,
        Optional<MemberTls> tls,
        MemberQueue queue,
        Optional<Rebalance> rebalance) {

    public Pool {
        requireNonNull(name, "name");
        members = List.copyOf(members);
        requireNonNull(balance, "balance");
        requireNonNull(connectTimeout, "connectTimeout");
        requireNonNull(onDown, "onDown");
        requireNonNull(health, "health");
        requireNonNull(affinity, "affinity");
        requireNonNull(hedgeAfter, "hedgeAfter");
        requireNonNull(slowStart, "slowStart");
        requireNonNull(sendProxyProtocol, "sendProxyProtocol");
        requireNonNull(tls, "tls");
        requireNonNull(queue, "queue");
        requireNonNull(rebalance, "rebalance");
    }
}
