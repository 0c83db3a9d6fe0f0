package io.hawser.lb.config;

import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.Balance;
import io.hawser.lb.balance.PoolSettings.OnDown;
import io.hawser.lb.balance.PoolSettings.SendProxyProtocol;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/** The keys of {@code pools} and of their members, but for those of their checks ({@link HealthKeys}). Stateless. */
final class PoolKeys {
    private static final List<Key<?>> ALL = new ArrayList<>();

    static final Key<List<Section>> POOLS = key("pools", "Groups of servers (members) that serve the same thing.")
            .derived("none")
            .sections();
    static final Key<String> NAME =
            key("pools[].name", "Name of the pool.").required().one(Types.name());
    static final Key<List<Section>> MEMBERS = key(
                    "pools[].members",
                    "The servers: host:port, or the keys below. A host name is resolved once, when the file is loaded.")
            .required()
            .sections(Types.hostPort());
    static final Key<String> MEMBER_NAME = memberKey("pools[].members[].name", "Name in status, metrics and commands.")
            .derived("its address as written")
            .one(Types.name());
    static final Key<HostPort> MEMBER_ADDRESS = memberKey("pools[].members[].address", "Address and port.")
            .required()
            .value(Member::address)
            .one(Types.hostPort());
    static final Key<Integer> MEMBER_WEIGHT = memberKey(
                    "pools[].members[].weight",
                    "Share of new connections relative to the other members. 0: no new connections.")
            .byDefault("100")
            .value(Member::weight)
            .one(Types.integer("a weight", 0, 1000));
    static final Key<Boolean> MEMBER_BACKUP = memberKey(
                    "pools[].members[].backup", "Use this member only while no other member is up.")
            .byDefault("false")
            .value(Member::isBackup)
            .one(Types.bool());
    static final Key<Integer> MEMBER_CONNECTIONS = memberKey(
                    "pools[].members[].max-connections",
                    "Maximum concurrent connections from this node to the member. Further connections wait in the queue.")
            .derived("no limit")
            .value(Member::maxConnections)
            .one(Types.integer("a number of connections", 1, 10_000_000));
    static final Key<Balance> BALANCE = key(
                    "pools[].balance",
                    "Balancing algorithm: fewest connections relative to weight; round robin; the better of two random members; hash of the client's address, the same on every node; the first member that is up and below its limit.")
            .byDefault("least-connections")
            .value(pool -> pool.settings().balance())
            .one(Types.word(Balance.class));
    static final Key<Section> AFFINITY = key(
                    "pools[].affinity",
                    "Send connections that belong together to the same member, by consistent hashing with bounded load. Every node makes the same choice without replication, and a lost member moves only its own share.")
            .derived("none")
            .value(pool -> pool.settings().distribution().affinity())
            .section(null);
    static final Key<Affinity> AFFINITY_BY = key(
                    "pools[].affinity.by",
                    "What identifies connections that belong together: the client's address, the server name (SNI) of its ClientHello, or its client certificate (client-auth). Connections without it are balanced normally.")
            .required()
            .one(Types.word(EnumSet.complementOf(EnumSet.of(Affinity.NONE))));
    static final Key<Duration> CONNECT = key(
                    "pools[].connect-timeout",
                    "Give a member up and try another one if it has not accepted the connection by then.")
            .byDefault("1s")
            .value(pool -> pool.settings().connectTimeout())
            .one(Types.duration("10ms", "1m"));
    static final Key<Optional<Duration>> HEDGE = key(
                    "pools[].hedge-after",
                    "If a member has not accepted the connection by then, connect to a second one as well and use whichever accepts first.")
            .byDefault("100ms")
            .value(pool -> pool.settings().hedgeAfter())
            .one(Types.orWord("off", Types.duration("10ms", "1m")));
    static final Key<Integer> RETRIES = key(
                    "pools[].retries",
                    "Further attempts for one connection, never at the same member while another one is up.")
            .byDefault("3")
            .value(pool -> pool.settings().retries())
            .one(Types.integer("a number of retries", 0, 10));
    static final Key<OnDown> ON_DOWN = key(
                    "pools[].on-down", "What happens to the connections of a member that goes down.")
            .byDefault("close")
            .value(pool -> pool.settings().onDown())
            .one(Types.word(OnDown.class));
    static final Key<Optional<Duration>> SLOW_START = key(
                    "pools[].slow-start",
                    "Raise the weight of a recovered member to its full value over this time. Not at this node's own start.")
            .byDefault("30s")
            .value(pool -> pool.settings().distribution().slowStart())
            .one(Types.orWord("off", Types.duration("1s", "1h")));
    static final Key<SendProxyProtocol> PROXY_PROTOCOL = key(
                    "pools[].send-proxy-protocol",
                    "Send members the client's address in a PROXY header, which they must expect. v2 also carries details of the client's TLS.")
            .byDefault("off")
            .value(pool -> pool.settings().sendProxyProtocol())
            .one(Types.word(SendProxyProtocol.class));
    static final Key<Section> TLS = key(
                    "pools[].tls", "Encrypt connections to the members, for a listener of mode tls.")
            .derived("none: members get it unencrypted")
            .value(pool -> pool.tls().isPresent())
            .section(null);
    static final Key<Path> MEMBER_TLS_CA = key(
                    "pools[].tls.ca", "CA certificates that member certificates must chain to (PEM).")
            .derived("none; needed unless verify is false")
            .valueIn(Pool::tls, MemberTls::ca)
            .one(Types.file());
    static final Key<String> MEMBER_TLS_NAME = key(
                    "pools[].tls.server-name",
                    "Server name (SNI) to request; member certificates must be valid for it.")
            .derived("the member's host name; an IP address is verified but not requested")
            .valueIn(Pool::tls, MemberTls::serverName)
            .one(Types.host());
    static final Key<Boolean> MEMBER_TLS_VERIFY = key(
                    "pools[].tls.verify",
                    "Verify member certificates. Without it, any server at a member's address is trusted.")
            .byDefault("true")
            .valueIn(Pool::tls, MemberTls::verify)
            .one(Types.bool());
    static final Key<Path> MEMBER_TLS_CERTIFICATE = key(
                    "pools[].tls.certificate", "Client certificate for members that request one; needs key.")
            .derived("none")
            .valueIn(Pool::tls, tls -> tls.own().map(CertificateFiles::certificate))
            .one(Types.file());
    static final Key<Path> MEMBER_TLS_KEY = key("pools[].tls.key", "Its private key; needs certificate.")
            .derived("none")
            .valueIn(Pool::tls, tls -> tls.own().map(CertificateFiles::key))
            .one(Types.file());
    static final Key<Section> QUEUE = key(
                    "pools[].queue", "Connections wait here while every member is at its max-connections.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<Integer> QUEUE_LENGTH = key(
                    "pools[].queue.length",
                    "Maximum waiting connections, for each member with max-connections. 0: no queue.")
            .byDefault("100")
            .value(pool -> pool.settings().distribution().queueLength())
            .one(Types.integer("a number of connections", 0, 100_000));
    static final Key<Duration> QUEUE_TIMEOUT = key(
                    "pools[].queue.timeout", "Close a connection that has waited this long.")
            .derived("the pool's connect-timeout")
            .value(pool -> pool.settings().distribution().queueTimeout())
            .one(Types.duration("10ms", "1m"));
    static final Key<Section> REBALANCE = key(
                    "pools[].rebalance",
                    "When a member recovers, close connections of members that have more than their share, so that clients with one long connection spread again: off, or {rate: 5}. Off by default, because it closes working connections.")
            .byDefault("off")
            .value(pool -> pool.settings().distribution().rebalancePerSecond())
            .section(Types.off());
    static final Key<Integer> REBALANCE_RATE = key(
                    "pools[].rebalance.rate", "Connections to close per second until the shares are even.")
            .required()
            .one(Types.integer("a number of connections", 1, 1000));

    private PoolKeys() {}

    /** These keys, in the order of the reference page. */
    static List<Key<?>> all() {
        return Collections.unmodifiableList(ALL);
    }

    private static KeyRow<Pool> key(String path, String doc) {
        return new KeyRow<>(Pool.class, ALL, path, doc);
    }

    private static KeyRow<Member> memberKey(String path, String doc) {
        return new KeyRow<>(Member.class, ALL, path, doc);
    }
}
