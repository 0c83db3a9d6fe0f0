package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.healthcheck.CheckPlan;
import io.hawser.healthcheck.CheckPlan.OnWrongStatus;
import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.Balance;
import io.hawser.lb.balance.PoolSettings.OnDown;
import io.hawser.lb.balance.PoolSettings.SendProxyProtocol;
import io.hawser.lb.proxy.WhenNoMember;
import io.hawser.lb.tls.ServerSettings;
import io.hawser.sysctl.KernelSettings.Ipvs;
import io.hawser.vrrp.RouterSpec.Checksum;
import io.hawser.vrrp.RouterSpec.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The table of keys: the one place that knows their names, ranges, meaning and constant defaults. Where a row says {@code derived}, its words tell
 * people the default, and {@link ParsedConfig} or {@link Assembly} computes it. Stateless.
 */
final class Keys {
    /*
     * A row is read by SectionReader, which needs nothing else to refuse what is wrong with a single value, and is printed in
     * docs/configuration.md.
     */
    private static final List<Key<?>> ALL = new ArrayList<>();

    private Keys() {}

    static final Key<List<Section>> NODES = key("nodes", "Every load-balancer node, highest priority first.")
            .required()
            .sections();
    static final Key<String> NODE_NAME = key("nodes[].name", "Its name; the host name is a good one.")
            .required()
            .one(Types.name());
    static final Key<InetAddress> NODE_ADDRESS = key(
                    "nodes[].address", "Where the other nodes reach it, over IPv4 or IPv6.")
            .required()
            .one(Types.address());
    static final Key<Integer> NODE_PRIORITY = key(
                    "nodes[].priority",
                    "VRRP priority; the highest that can serve is active. 255, for one node only, makes it the owner of the addresses, which it takes whenever it can serve.")
            .derived("200, 190, 180 ... in the order of the nodes")
            .one(Types.integer("a priority", 2, 255));
    static final Key<Integer> NODE_ADMIN_PORT = key(
                    "nodes[].admin-port",
                    "Port of its admin endpoint, in place of admin.bind's; the other nodes probe it.")
            .derived("the port of admin.bind")
            .one(Types.port());

    static final Key<List<Section>> ROUTERS = key(
                    "virtual-routers", "Groups of virtual addresses that the nodes share by VRRP.")
            .derived("none")
            .sections();
    static final Key<String> ROUTER_NAME =
            key("virtual-routers[].name", "Its name.").required().one(Types.name());
    static final Key<Integer> ROUTER_ID = key(
                    "virtual-routers[].id",
                    "VRID. Nothing else on the network may use it, Keepalived included; a router for IPv4 and one for IPv6 may share it.")
            .required()
            .one(Types.integer("a VRID", 1, 255));
    static final Key<List<Cidr>> ROUTER_ADDRESSES = key(
                    "virtual-routers[].addresses",
                    "The virtual addresses, all IPv4 or all IPv6. They move together. Over IPv6 a link-local one is advertised first (RFC 9568); where none is written it is made of the id, fe80::200:5eff:fe00:233 for id 51.")
            .required()
            .many(Types.virtualAddress());
    static final Key<String> ROUTER_INTERFACE = key("virtual-routers[].interface", "The interface that carries them.")
            .derived("the one that holds the node's address")
            .one(Types.interfaceName());
    static final Key<Integer> ROUTER_VERSION = key(
                    "virtual-routers[].version",
                    "VRRP version; 2 is for IPv4 only, beside nodes that speak nothing else.")
            .byDefault("3")
            .one(Types.integer("a VRRP version", 2, 3));
    static final Key<Duration> ROUTER_INTERVAL = key(
                    "virtual-routers[].advertisement-interval",
                    "From one advertisement to the next; a silent node is replaced after three and a bit.")
            .derived("100ms; 1s in version 2")
            .one(Types.advertisementInterval());
    static final Key<Optional<Transport>> ROUTER_TRANSPORT = key(
                    "virtual-routers[].transport",
                    "How advertisements travel; auto is unicast when nodes lists others and all have addresses of the router's family, else multicast.")
            .byDefault("auto")
            .one(Types.wordOr("auto", Transport.class));
    static final Key<Section> ROUTER_PREEMPT = key(
                    "virtual-routers[].preempt",
                    "Whether a node of higher priority takes the addresses from one that works: false, true, or {delay: 60s}.")
            .byDefault("false")
            .section(Types.bool());
    static final Key<Duration> PREEMPT_DELAY = key(
                    "virtual-routers[].preempt.delay", "It takes them once it could serve for this long.")
            .required()
            .one(Types.duration("100ms", "1h"));
    static final Key<Section> ROUTER_AUTHENTICATION = key(
                    "virtual-routers[].authentication", "Version 2 only, to run beside Keepalived.")
            .derived("none")
            .section(null);
    static final Key<AuthenticationType> AUTHENTICATION_TYPE = key(
                    "virtual-routers[].authentication.type",
                    "A password in the clear: it keeps mistakes out, nobody else.")
            .required()
            .one(Types.word(AuthenticationType.class));
    static final Key<Path> AUTHENTICATION_FILE = key(
                    "virtual-routers[].authentication.password-file",
                    "Its first line is the password; the first 8 bytes count.")
            .required()
            .one(Types.file());
    static final Key<Checksum> ROUTER_CHECKSUM = key(
                    "virtual-routers[].checksum",
                    "Which checksum version 3 sends over IPv4; both are accepted, and auto sends what the peers send. Not for version 2 and IPv6, which have one.")
            .byDefault("auto")
            .one(Types.word(Checksum.class));
    static final Key<Duration> ROUTER_LONGEST = key(
                    "virtual-routers[].longest-interval",
                    "The longest interval that is believed of a peer's advertisement, so that a forged one cannot put a takeover off; not for version 2, which knows one interval.")
            .derived("ten times the advertisement-interval, at least 1s")
            .one(Types.duration("10ms", "40.95s", "10ms"));
    static final Key<Duration> ROUTER_START_DELAY = key(
                    "virtual-routers[].start-delay",
                    "How much longer this node listens after its start before it takes the addresses unheard; an advertisement that it hears ends this.")
            .derived("1s for each node of higher priority, so that nodes that boot together agree at once")
            .one(Types.duration("0s", "1h"));
    static final Key<Boolean> ROUTER_VIRTUAL_MAC = key(
                    "virtual-routers[].virtual-mac",
                    "Put the addresses on an interface of their own (macvlan) with the virtual router's MAC address, 00:00:5e:00:01:id or for IPv6 00:00:5e:00:02:id: neighbours then have nothing to learn when they move. Switches and hypervisors must let that address pass.")
            .byDefault("false")
            .one(Types.bool());
    static final Key<Boolean> ROUTER_ACCEPT = key(
                    "virtual-routers[].accept",
                    "Whether the active node takes packets to the addresses (Accept_Mode of RFC 9568). With false it drops all but neighbour discovery and only forwards what is sent through it, as a gateway does, so no listener may be bound to one of them; an owner (priority 255) takes them in any case.")
            .byDefault("true")
            .one(Types.bool());
    static final Key<Optional<Duration>> ROUTER_LEASE = key(
                    "virtual-routers[].lease",
                    "Lifetime of the addresses in the kernel, renewed while the process lives; at least two advertisement intervals.")
            .byDefault("2s")
            .one(Types.orWord("off", Types.duration("1s", "1h", "1s")));
    static final Key<Section> ROUTER_ANNOUNCE = key(
                    "virtual-routers[].announce",
                    "How addresses that have moved are announced (gratuitous ARP, unsolicited neighbour advertisements).")
            .derived("its keys' defaults")
            .section(null);
    static final Key<Integer> ANNOUNCE_COUNT = key(
                    "virtual-routers[].announce.count", "Announcements for each address in a burst.")
            .byDefault("5")
            .one(Types.integer("a count", 1, 100));
    static final Key<Optional<Duration>> ANNOUNCE_AGAIN = key(
                    "virtual-routers[].announce.again-after", "A second burst follows after this.")
            .byDefault("5s")
            .one(Types.orWord("off", Types.duration("100ms", "1h")));
    static final Key<Optional<Duration>> ANNOUNCE_REFRESH = key(
                    "virtual-routers[].announce.refresh", "One announcement is repeated this often.")
            .byDefault("60s")
            .one(Types.orWord("off", Types.duration("1s", "1d")));
    static final Key<Section> ROUTER_TRACK = key(
                    "virtual-routers[].track", "What must work on a node for it to hold the addresses.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<List<String>> TRACK_LISTENERS = key(
                    "virtual-routers[].track.listeners",
                    "Listeners that must be bound and have a member up in each pool they route to; [] for none.")
            .derived("all")
            .mayBeEmpty()
            .many(Types.name());
    static final Key<List<String>> TRACK_INTERFACES = key(
                    "virtual-routers[].track.interfaces", "Interfaces that must be up; [] for none.")
            .derived("its own")
            .mayBeEmpty()
            .many(Types.interfaceName());
    static final Key<String> ROUTER_GROUP = key(
                    "virtual-routers[].group",
                    "Routers with one group are active on one node together: what keeps one of them from a node keeps all of them. The same preempt is needed in each.")
            .derived("none: it moves alone")
            .one(Types.name());
    static final Key<List<NotifyCommand>> ROUTER_NOTIFY = key(
                    "virtual-routers[].notify",
                    "Commands that are run on each change of state, with the router's name, the state (initialize, backup or active) and the priority as further arguments. An absolute path, and arguments separated by blanks; no shell reads it.")
            .derived("none")
            .many(Types.command());

    static final Key<List<Section>> LISTENERS = key("listeners", "Where connections are accepted.")
            .derived("none; a file without virtual routers needs one")
            .sections();
    static final Key<String> LISTENER_NAME =
            key("listeners[].name", "Its name.").required().one(Types.name());
    static final Key<List<InetSocketAddress>> LISTENER_BIND = key(
                    "listeners[].bind",
                    "Where to listen, bound freely: also while the address is on another node. 0.0.0.0 is every IPv4 address and [::] every IPv6 address; write both for both.")
            .required()
            .oneOrMany(Types.socketAddress());
    static final Key<String> LISTENER_POOL = key(
                    "listeners[].pool", "The pool that takes its connections; this or routes.")
            .derived("none; without it there must be routes")
            .one(Types.name());
    static final Key<List<Section>> LISTENER_ROUTES = key(
                    "listeners[].routes",
                    "Pools by what the TLS hello says, which is read without decrypting anything; the first route that fits counts. A last one with nothing but pool takes the rest, which else is closed. This or pool.")
            .derived("none")
            .sections();
    static final Key<List<ServerName>> ROUTE_SNI = key(
                    "listeners[].routes[].sni",
                    "Server names that it takes; *.b.example is b.example with one label before it, as in certificates.")
            .derived("any, and none")
            .oneOrMany(Types.serverName());
    static final Key<List<String>> ROUTE_ALPN = key(
                    "listeners[].routes[].alpn", "Protocols of which the client must offer one.")
            .derived("any, and none")
            .oneOrMany(Types.protocol());
    static final Key<String> ROUTE_POOL = key("listeners[].routes[].pool", "The pool that takes these connections.")
            .required()
            .one(Types.name());
    static final Key<Mode> LISTENER_MODE = key(
                    "listeners[].mode",
                    "tcp passes the bytes on as they are, so that TLS ends at the member; tls ends it here and needs the key tls.")
            .byDefault("tcp")
            .one(Types.word(Mode.class));
    static final Key<Section> LISTENER_TLS = key(
                    "listeners[].tls",
                    "For mode tls: certificates and what is asked of clients. The files are read again when they change; a new one that is wrong is refused and the old one kept.")
            .derived("none")
            .section(null);
    static final Key<Path> TLS_CERTIFICATE = key(
                    "listeners[].tls.certificate",
                    "PEM: the certificate, then those that it leads to. This with key, or certificates.")
            .derived("none")
            .one(Types.file());
    static final Key<Path> TLS_KEY = key("listeners[].tls.key", "Its private key in PEM, without a passphrase.")
            .derived("none")
            .one(Types.file());
    static final Key<List<Section>> TLS_CERTIFICATES = key(
                    "listeners[].tls.certificates",
                    "Several, chosen by the names in them; the first is also for every other name and for clients that ask for none.")
            .derived("none")
            .sections();
    static final Key<Path> CERTIFICATES_CERTIFICATE = key("listeners[].tls.certificates[].certificate", "As above.")
            .required()
            .one(Types.file());
    static final Key<Path> CERTIFICATES_KEY =
            key("listeners[].tls.certificates[].key", "As above.").required().one(Types.file());
    static final Key<ServerSettings.Version> TLS_MIN_VERSION = key(
                    "listeners[].tls.min-version", "The oldest TLS version that is spoken.")
            .byDefault("1.2")
            .one(Types.tlsVersion());
    static final Key<List<String>> TLS_ALPN = key(
                    "listeners[].tls.alpn",
                    "Protocols to agree on with the client, best first; the member is then offered that one alone. [] for none.")
            .derived("h2, http/1.1 where every pool of the listener has tls, else none")
            .mayBeEmpty()
            .oneOrMany(Types.protocol());
    static final Key<Section> TLS_CLIENT_AUTH = key("listeners[].tls.client-auth", "Certificates of clients.")
            .derived("none are asked for")
            .section(null);
    static final Key<ClientAuth.Mode> CLIENT_AUTH_MODE = key(
                    "listeners[].tls.client-auth.mode",
                    "Whether a client may or must show one; one that is shown is verified in either case.")
            .required()
            .one(Types.word(ClientAuth.Mode.class));
    static final Key<Path> CLIENT_AUTH_CA = key(
                    "listeners[].tls.client-auth.ca", "PEM certificates that a client's must lead to.")
            .required()
            .one(Types.file());
    static final Key<Path> CLIENT_AUTH_CRL = key(
                    "listeners[].tls.client-auth.crl",
                    "PEM revocation lists; a client whose certificate is in one is refused.")
            .derived("none")
            .one(Types.file());
    static final Key<Path> TLS_TICKET_KEYS = key(
                    "listeners[].tls.ticket-keys",
                    "Keys of session tickets, the same file on all nodes: a client resumes its session after the address has moved. One a line in base64, of 48 or 80 bytes; the last but one seals, all open.")
            .derived("keys of its own for each process, a new one each hour")
            .one(Types.file());
    static final Key<List<Cidr>> LISTENER_DENY = key(
                    "listeners[].deny", "Networks that may not connect, whatever allow says.")
            .derived("none")
            .oneOrMany(Types.network());
    static final Key<List<Cidr>> LISTENER_ALLOW = key("listeners[].allow", "Networks that may connect, and no others.")
            .derived("all")
            .oneOrMany(Types.network());
    static final Key<List<Cidr>> LISTENER_PROXY_PROTOCOL = key(
                    "listeners[].accept-proxy-protocol",
                    "Networks whose connections must start with a PROXY header (v1 or v2), which then says who the client is; from elsewhere a header is data. Name only proxies that you run.")
            .derived("none")
            .oneOrMany(Types.network());
    static final Key<Duration> LISTENER_IDLE = key(
                    "listeners[].idle-timeout", "A connection without a byte either way for this long is closed.")
            .byDefault("4h")
            .one(Types.duration("1s", "30d"));
    static final Key<Duration> LISTENER_HELLO = key(
                    "listeners[].hello-timeout",
                    "Where a TLS hello or a PROXY header is waited for, it must be complete by then.")
            .byDefault("10s")
            .one(Types.duration("100ms", "1m"));
    static final Key<Section> LISTENER_LIMITS = key("listeners[].limits", "What is taken at most.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<Integer> LISTENER_CONNECTIONS = key("listeners[].limits.connections", "Connections at a time.")
            .derived("only limits.connections")
            .one(Types.integer("a number of connections", 1, 10_000_000));
    static final Key<Integer> LISTENER_PER_SOURCE = key(
                    "listeners[].limits.connections-per-source",
                    "Connections of one source at a time. A source is an IPv4 address or an IPv6 network of 64 bits; behind address translation many clients are one.")
            .derived("none")
            .one(Types.integer("a number of connections", 1, 10_000_000));
    static final Key<Integer> LISTENER_RATE = key(
                    "listeners[].limits.new-per-second-per-source", "New connections of one source a second.")
            .derived("none")
            .one(Types.integer("a number of connections", 1, 1_000_000));
    static final Key<AccessLog> LISTENER_ACCESS_LOG = key(
                    "listeners[].access-log",
                    "Which connections get a line in the log when they end: off, errors (those that did not end well), all, or 1/100, every hundredth and the errors. Off, because under load the lines cost more than the connections do, and the metrics count every one of them.")
            .byDefault("off")
            .one(Types.accessLog());
    static final Key<WhenNoMember> LISTENER_NO_MEMBER = key(
                    "listeners[].when-no-member",
                    "While no member can be used: close accepts and closes; refuse keeps the port closed.")
            .byDefault("close")
            .one(Types.word(WhenNoMember.class));

    static final Key<List<Section>> POOLS =
            key("pools", "Members that serve the same thing.").derived("none").sections();
    static final Key<String> POOL_NAME =
            key("pools[].name", "Its name.").required().one(Types.name());
    static final Key<List<Section>> MEMBERS = key(
                    "pools[].members",
                    "The servers: host:port, or the keys below. A host name is resolved once, when the file is read.")
            .required()
            .sections(Types.hostPort());
    static final Key<String> MEMBER_NAME = key("pools[].members[].name", "Its name in status, metrics and commands.")
            .derived("its address as written")
            .one(Types.name());
    static final Key<HostPort> MEMBER_ADDRESS =
            key("pools[].members[].address", "Where it is.").required().one(Types.hostPort());
    static final Key<Integer> MEMBER_WEIGHT = key(
                    "pools[].members[].weight", "Its share, relative to the others; 0: no new connections.")
            .byDefault("100")
            .one(Types.integer("a weight", 0, 1000));
    static final Key<Boolean> MEMBER_BACKUP = key("pools[].members[].backup", "Used only while no other member is up.")
            .byDefault("false")
            .one(Types.bool());
    static final Key<Integer> MEMBER_CONNECTIONS = key(
                    "pools[].members[].max-connections",
                    "Connections of this node to it at a time; others wait in the queue.")
            .derived("no limit")
            .one(Types.integer("a number of connections", 1, 10_000_000));
    static final Key<Balance> POOL_BALANCE = key(
                    "pools[].balance",
                    "How a member is chosen for a connection: the one with the fewest connections for its weight; in turn; the better of two drawn by lot; by the client's address, on every node alike; the first that is up and below its limit.")
            .byDefault("least-connections")
            .one(Types.word(Balance.class));
    static final Key<Section> POOL_AFFINITY = key(
                    "pools[].affinity",
                    "Connections that belong together go to one member, by consistent hashing with bounded load: every node chooses alike, nothing is replicated, and a member that goes moves only its share.")
            .derived("none")
            .section(null);
    static final Key<Affinity> AFFINITY_BY = key(
                    "pools[].affinity.by",
                    "What tells that they do: the client's address, the server name in its TLS hello, or the certificate that it showed (client-auth). Connections without it are balanced.")
            .required()
            .one(Types.word(EnumSet.complementOf(EnumSet.of(Affinity.NONE))));
    static final Key<Duration> POOL_CONNECT = key(
                    "pools[].connect-timeout", "A member that has not accepted by then is given up for another.")
            .byDefault("1s")
            .one(Types.duration("10ms", "1m"));
    static final Key<Optional<Duration>> POOL_HEDGE = key(
                    "pools[].hedge-after",
                    "A member that has not accepted by then is raced: a second one is tried at the same time, and the first that accepts is used.")
            .byDefault("100ms")
            .one(Types.orWord("off", Types.duration("10ms", "1m")));
    static final Key<Integer> POOL_RETRIES = key(
                    "pools[].retries", "Further tries for one connection; never the same member while another is up.")
            .byDefault("3")
            .one(Types.integer("a number of retries", 0, 10));
    static final Key<OnDown> POOL_ON_DOWN = key(
                    "pools[].on-down", "What happens to the connections of a member that goes down.")
            .byDefault("close")
            .one(Types.word(OnDown.class));
    static final Key<Optional<Duration>> POOL_SLOW_START = key(
                    "pools[].slow-start",
                    "The weight of a member that is back grows to its full value within this; not at this node's own start.")
            .byDefault("30s")
            .one(Types.orWord("off", Types.duration("1s", "1h")));
    static final Key<SendProxyProtocol> POOL_PROXY_PROTOCOL = key(
                    "pools[].send-proxy-protocol",
                    "Tell members the client's address in a PROXY header; they must expect it. v2 also says what is known of the client's TLS.")
            .byDefault("off")
            .one(Types.word(SendProxyProtocol.class));
    static final Key<Section> POOL_TLS = key(
                    "pools[].tls", "Encrypt to the members what a listener of mode tls has decrypted.")
            .derived("none: they are sent it in the clear")
            .section(null);
    static final Key<Path> MEMBER_TLS_CA = key("pools[].tls.ca", "PEM certificates that a member's must lead to.")
            .derived("none; needed unless verify is false")
            .one(Types.file());
    static final Key<String> MEMBER_TLS_NAME = key(
                    "pools[].tls.server-name",
                    "The name that members are asked for and that their certificates must bear.")
            .derived("the member's host; an address is only looked for in the certificate")
            .one(Types.host());
    static final Key<Boolean> MEMBER_TLS_VERIFY = key(
                    "pools[].tls.verify",
                    "Whether a member's certificate is verified; without, whoever has its address is believed.")
            .byDefault("true")
            .one(Types.bool());
    static final Key<Path> MEMBER_TLS_CERTIFICATE = key(
                    "pools[].tls.certificate", "Certificate to show to members that ask for one; needs key.")
            .derived("none")
            .one(Types.file());
    static final Key<Path> MEMBER_TLS_KEY = key("pools[].tls.key", "Its key; needs certificate.")
            .derived("none")
            .one(Types.file());
    static final Key<Section> POOL_QUEUE = key(
                    "pools[].queue", "Where connections wait while every member is at its max-connections.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<Integer> QUEUE_LENGTH = key(
                    "pools[].queue.length",
                    "Connections that wait at most, for each member with max-connections; 0: none waits.")
            .byDefault("100")
            .one(Types.integer("a number of connections", 0, 100_000));
    static final Key<Duration> QUEUE_TIMEOUT = key(
                    "pools[].queue.timeout", "A connection that has waited this long is closed.")
            .derived("the pool's connect-timeout")
            .one(Types.duration("10ms", "1m"));
    static final Key<Section> POOL_REBALANCE = key(
                    "pools[].rebalance",
                    "When a member is back, close connections of those that have more than their share, so that clients which keep one connection spread again: off, or {rate: 5}. Off, because it ends connections that work.")
            .byDefault("off")
            .section(Types.off());
    static final Key<Integer> REBALANCE_RATE = key(
                    "pools[].rebalance.rate", "Connections that are closed a second, until the shares are even.")
            .required()
            .one(Types.integer("a number of connections", 1, 1000));

    static final Key<Section> HEALTH = key("pools[].health", "How members are checked.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<CheckPlan.Type> HEALTH_TYPE = key(
                    "pools[].health.type",
                    "What is tried. tcp fits every server but sees only an open port; for API servers write https and path: /readyz.")
            .byDefault("tcp")
            .one(Types.word(CheckPlan.Type.class));
    static final Key<String> HEALTH_PATH = key("pools[].health.path", "What http and https request.")
            .byDefault("/")
            .one(Types.urlPath());
    static final Key<Integer> HEALTH_PORT =
            key("pools[].health.port", "Port to check.").derived("the member's").one(Types.port());
    static final Key<String> HEALTH_HOST = key("pools[].health.host", "Host header and TLS server name.")
            .derived("the member's host")
            .one(Types.host());
    static final Key<List<Integer>> HEALTH_EXPECT = key("pools[].health.expect", "Statuses that mean healthy.")
            .byDefault("200")
            .oneOrMany(Types.integer("a final HTTP status", 200, 599));
    static final Key<OnWrongStatus> HEALTH_WRONG = key(
                    "pools[].health.on-wrong-status",
                    "What another status means, for http and https. drain: the member finishes what it has. down: it is not the one to talk to; it is down at the first such answer, whatever fall says, until it answers as expected.")
            .derived(
                    "down where port is written or the path names a role (primary, master, leader, replica, standby, read-write, read-only ...); drain else, and always for /readyz, /livez and /healthz")
            .one(Types.word(OnWrongStatus.class));
    static final Key<Duration> HEALTH_INTERVAL = key("pools[].health.interval", "From one check to the next.")
            .byDefault("1s")
            .one(Types.duration("50ms", "1h"));
    static final Key<Duration> HEALTH_CONNECT = key("pools[].health.connect-timeout", "For the connection.")
            .byDefault("300ms")
            .one(Types.duration("10ms", "1m"));
    static final Key<Duration> HEALTH_TIMEOUT =
            key("pools[].health.timeout", "For the answer.").byDefault("1s").one(Types.duration("10ms", "1m"));
    static final Key<Integer> HEALTH_RISE = key("pools[].health.rise", "Successes in a row that bring a member up.")
            .byDefault("2")
            .one(Types.integer("a count", 1, 100));
    static final Key<Integer> HEALTH_FALL = key("pools[].health.fall", "Failures in a row that take it down.")
            .byDefault("2")
            .one(Types.integer("a count", 1, 100));
    static final Key<Duration> HEALTH_FAST = key(
                    "pools[].health.fast-interval",
                    "Interval while a member is changing; a check also runs at once after a real connection failed.")
            .byDefault("250ms")
            .one(Types.duration("50ms", "1h"));
    static final Key<Path> HEALTH_TOKEN = key(
                    "pools[].health.bearer-token-file", "Token for the Authorization header of http and https.")
            .derived("none")
            .one(Types.file());
    static final Key<Path> HEALTH_CA = key(
                    "pools[].health.ca", "Certificates that the member's must lead to, for tls and https.")
            .derived("none: the member's certificate is not verified")
            .one(Types.file());
    static final Key<Path> HEALTH_CERTIFICATE = key("pools[].health.certificate", "Certificate to present; needs key.")
            .derived("none")
            .one(Types.file());
    static final Key<Path> HEALTH_KEY = key("pools[].health.key", "Its key; needs certificate.")
            .derived("none")
            .one(Types.file());

    static final Key<Section> ADMIN = key("admin", "Where the process answers questions and takes commands.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<InetSocketAddress> ADMIN_BIND = key(
                    "admin.bind", "Health, metrics, status and dashboard over HTTP; nothing there can change anything.")
            .derived("0.0.0.0:9100; [::]:9100, which takes IPv4 too, when the node's address is IPv6")
            .one(Types.socketAddress());
    static final Key<Path> ADMIN_SOCKET = key("admin.socket", "The unix socket that takes commands.")
            .byDefault(Admin.DEFAULT_SOCKET.toString())
            .one(Types.socketFile());
    static final Key<List<String>> ADMIN_HOSTS = key(
                    "admin.hosts",
                    "Further names by which the admin port is asked, as in the Host header of a browser or of Prometheus. Always known are localhost, the names and addresses of the nodes, this host's name, and virtual addresses; other names are refused, so that no page of a stranger reads the status through a browser.")
            .derived("none")
            .mayBeEmpty()
            .many(Types.host());
    static final Key<Section> ADMIN_METRICS = key("admin.metrics", "What /metrics says.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<Boolean> METRICS_HAPROXY = key(
                    "admin.metrics.haproxy-names",
                    "Also give those metrics that HAProxy has under HAProxy's names, so that its dashboards work.")
            .byDefault("false")
            .one(Types.bool());

    static final Key<Section> KERNEL = key("kernel", "What is prepared in the kernel at start.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<Boolean> KERNEL_FORWARD = key("kernel.ip-forward", "Switch IP forwarding on.")
            .byDefault("true")
            .one(Types.bool());
    static final Key<Boolean> KERNEL_NONLOCAL = key(
                    "kernel.nonlocal-bind", "Allow binding to addresses that are not on this host.")
            .byDefault("true")
            .one(Types.bool());
    static final Key<Ipvs> KERNEL_IPVS = key(
                    "kernel.ipvs", "Load IPVS: not at all, when possible, or refuse to start without it.")
            .byDefault("auto")
            .one(Types.word(Ipvs.class));

    static final Key<Section> LIMITS = key("limits", "Limits of the whole process.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<Optional<Integer>> LIMITS_CONNECTIONS = key(
                    "limits.connections",
                    "Client connections at a time; auto is the least of what descriptors, heap (1 KiB each) and native memory (1 KiB each) are enough for.")
            .byDefault("auto")
            .one(Types.orWord("auto", Types.integer("a number of connections", 1, 10_000_000)));
    static final Key<Optional<Integer>> LIMITS_FRUITLESS = key(
                    "limits.fruitless-per-second-per-source",
                    "An address of which so many connections a second end before a byte is answered, nine out of ten of its"
                            + " connections, is let in a tenth as often until it stops: a flood then costs other clients nothing."
                            + " Behind address translation many clients are one address.")
            .byDefault("1000")
            .one(Types.orWord("off", Types.integer("a number of connections", 10, 1_000_000)));
    static final Key<Duration> LIMITS_DRAIN = key(
                    "limits.drain",
                    "A stopping process waits this long for connections to its own addresses to end; those to a virtual address"
                            + " end when it is given up.")
            .byDefault("30s")
            .one(Types.duration("0s", "1h"));

    private static final Map<String, List<Key<?>>> BY_PARENT = byParent();

    private static Map<String, List<Key<?>>> byParent() {
        Map<String, List<Key<?>>> byParent = new LinkedHashMap<>();
        for (Key<?> key : ALL) {
            byParent.computeIfAbsent(key.parent(), parent -> new ArrayList<>()).add(key);
        }
        return byParent;
    }

    /** Every key, in the order of the reference page. */
    static List<Key<?>> all() {
        return Collections.unmodifiableList(ALL);
    }

    /** The keys of the section with that path; empty path: the file. */
    static List<Key<?>> of(String section) {
        return BY_PARENT.getOrDefault(section, List.of());
    }

    private static Row key(String path, String doc) {
        return new Row(path, doc);
    }

    /** A row while it is being written down. */
    private static final class Row {
        private final String path;
        private final String doc;
        private Key.@Nullable Absence absence;
        private boolean isEmptyAllowed;

        private Row(String path, String doc) {
            this.path = path;
            this.doc = doc;
        }

        private Row required() {
            absence = new Key.Absence.Refused();
            return this;
        }

        private Row byDefault(String text) {
            absence = new Key.Absence.Default(text);
            return this;
        }

        private Row derived(String words) {
            absence = new Key.Absence.Derived(words);
            return this;
        }

        private Row mayBeEmpty() {
            isEmptyAllowed = true;
            return this;
        }

        private <T> Key<T> one(Type<T> type) {
            return add(new ValueShape.One<>(type));
        }

        private <E> Key<List<E>> many(Type<E> type) {
            return add(new ValueShape.Many<>(type, false, isEmptyAllowed));
        }

        private <E> Key<List<E>> oneOrMany(Type<E> type) {
            return add(new ValueShape.Many<>(type, true, isEmptyAllowed));
        }

        private Key<Section> section(@Nullable Type<?> shorthand) {
            return add(new ValueShape.Nested<>(shorthand));
        }

        private Key<List<Section>> sections() {
            return add(new ValueShape.NestedList<>(null));
        }

        private Key<List<Section>> sections(Type<?> shorthand) {
            return add(new ValueShape.NestedList<>(shorthand));
        }

        private <T> Key<T> add(ValueShape<T> form) {
            Key<T> key = new Key<>(path, doc, form, requireNonNull(absence, path));
            ALL.add(key);
            return key;
        }
    }
}
