package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The table of keys: the one place that knows their names, defaults, ranges and meaning. Stateless. */
final class Keys {
    /*
     * A row is read by SectionReader, which needs nothing else to refuse what is wrong with a single value, and is printed in
     * docs/configuration.md. To build a key that is marked later(): remove the mark, and let Assembly read it.
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
    static final Key<Boolean> ROUTER_VIRTUAL_MAC = key(
                    "virtual-routers[].virtual-mac", "Use the VRRP virtual MAC address.")
            .later()
            .one(Types.bool());
    static final Key<Boolean> ROUTER_ACCEPT = key(
                    "virtual-routers[].accept", "Whether the active node takes packets to the addresses itself.")
            .byDefault("true")
            .one(Types.only(true));
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
                    "Listeners that must be bound and have a member up; [] for none.")
            .derived("all")
            .mayBeEmpty()
            .many(Types.name());
    static final Key<List<String>> TRACK_INTERFACES = key(
                    "virtual-routers[].track.interfaces", "Interfaces that must be up; [] for none.")
            .derived("its own")
            .mayBeEmpty()
            .many(Types.interfaceName());
    static final Key<String> ROUTER_GROUP = key("virtual-routers[].group", "Routers of one group move together.")
            .later()
            .one(Types.name());
    static final Key<List<String>> ROUTER_NOTIFY = key(
                    "virtual-routers[].notify", "Commands that are run with NAME STATE PRIORITY on each change.")
            .later()
            .many(Types.described("command"));

    static final Key<List<Section>> LISTENERS = key("listeners", "Where connections are accepted.")
            .derived("none; a file without virtual routers needs one")
            .sections();
    static final Key<String> LISTENER_NAME =
            key("listeners[].name", "Its name.").required().one(Types.name());
    static final Key<List<InetSocketAddress>> LISTENER_BIND = key(
                    "listeners[].bind", "Where to listen, bound freely: also while the address is on another node.")
            .required()
            .oneOrMany(Types.socketAddress());
    static final Key<String> LISTENER_POOL = key("listeners[].pool", "The pool that takes its connections.")
            .required()
            .one(Types.name());
    static final Key<String> LISTENER_ROUTES = key("listeners[].routes", "Instead of pool: pools by TLS server name.")
            .later()
            .one(Types.described("[{sni: [a.example, \"*.b.example\"], pool: P}, {pool: DEFAULT}]"));
    static final Key<Mode> LISTENER_MODE = key("listeners[].mode", "tcp passes connections on; tls will end TLS here.")
            .byDefault("tcp")
            .one(Types.word(Mode.class, "tls"));
    static final Key<String> LISTENER_TLS = key("listeners[].tls", "Certificate, key and what is asked of clients.")
            .later()
            .one(Types.described("{certificate, key, min-version, alpn, client-auth: {mode, ca, crl}}"));
    static final Key<List<String>> LISTENER_PROXY_PROTOCOL = key(
                    "listeners[].accept-proxy-protocol", "Networks whose PROXY headers are believed.")
            .later()
            .many(Types.described("address/prefix"));
    static final Key<List<String>> LISTENER_ALLOW =
            key("listeners[].allow", "Networks that may connect.").later().many(Types.described("address/prefix"));
    static final Key<List<String>> LISTENER_DENY =
            key("listeners[].deny", "Networks that may not connect.").later().many(Types.described("address/prefix"));
    static final Key<Duration> LISTENER_IDLE = key(
                    "listeners[].idle-timeout", "A connection without a byte either way for this long is closed.")
            .byDefault("4h")
            .one(Types.duration("1s", "30d"));
    static final Key<Duration> LISTENER_HELLO = key(
                    "listeners[].hello-timeout", "A TLS hello must be complete by then.")
            .later()
            .one(Types.duration("100ms", "1m"));
    static final Key<Section> LISTENER_LIMITS = key("listeners[].limits", "What is taken at most.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<Integer> LISTENER_CONNECTIONS = key("listeners[].limits.connections", "Connections at a time.")
            .derived("only limits.connections")
            .one(Types.integer("a number of connections", 1, 10_000_000));
    static final Key<Integer> LISTENER_PER_SOURCE = key(
                    "listeners[].limits.connections-per-source", "The same for one source.")
            .later()
            .one(Types.integer("a number of connections", 1, 10_000_000));
    static final Key<Integer> LISTENER_RATE = key(
                    "listeners[].limits.new-per-second-per-source", "New connections of one source.")
            .later()
            .one(Types.integer("a number of connections", 1, 1_000_000));
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
    static final Key<Boolean> MEMBER_BACKUP = key("pools[].members[].backup", "Used only when no other member is up.")
            .later()
            .one(Types.bool());
    static final Key<Integer> MEMBER_CONNECTIONS = key(
                    "pools[].members[].max-connections", "Its connections at a time.")
            .later()
            .one(Types.integer("a number of connections", 1, 10_000_000));
    static final Key<Balance> POOL_BALANCE = key("pools[].balance", "How a member is chosen for a connection.")
            .byDefault("least-connections")
            .one(Types.word(Balance.class, "random", "source-hash", "first"));
    static final Key<String> POOL_AFFINITY = key(
                    "pools[].affinity", "Connections that belong together go to one member.")
            .later()
            .one(Types.described("{by: source-ip, sni or client-certificate}"));
    static final Key<Duration> POOL_CONNECT = key(
                    "pools[].connect-timeout", "A member that has not accepted by then is given up for another.")
            .byDefault("1s")
            .one(Types.duration("10ms", "1m"));
    static final Key<Duration> POOL_HEDGE = key(
                    "pools[].hedge-after", "A second member is tried at the same time after this.")
            .later()
            .one(Types.duration("10ms", "1m"));
    static final Key<Integer> POOL_RETRIES = key(
                    "pools[].retries", "Further tries for one connection; never the same member while another is up.")
            .byDefault("3")
            .one(Types.integer("a number of retries", 0, 10));
    static final Key<OnDown> POOL_ON_DOWN = key(
                    "pools[].on-down", "What happens to the connections of a member that goes down.")
            .byDefault("close")
            .one(Types.word(OnDown.class));
    static final Key<Duration> POOL_SLOW_START = key(
                    "pools[].slow-start", "A member that is back reaches its share within this.")
            .later()
            .one(Types.duration("1s", "1h"));
    static final Key<String> POOL_PROXY_PROTOCOL = key(
                    "pools[].send-proxy-protocol", "Tell members the client's address.")
            .later()
            .one(Types.described("off, v1 or v2"));
    static final Key<String> POOL_TLS = key("pools[].tls", "Encrypt to the members again.")
            .later()
            .one(Types.described("{ca, server-name, verify, certificate, key}"));

    static final Key<Section> HEALTH = key("pools[].health", "How members are checked.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<HealthType> HEALTH_TYPE = key(
                    "pools[].health.type",
                    "What is tried. tcp fits every server but sees only an open port; for API servers write https and path: /readyz.")
            .byDefault("tcp")
            .one(Types.word(HealthType.class));
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
            .oneOrMany(Types.integer("an HTTP status", 100, 599));
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
            .byDefault("/run/hawser/hawser.sock")
            .one(Types.socketFile());

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
                    "limits.connections", "Client connections at a time; auto is what the process may open.")
            .byDefault("auto")
            .one(Types.orWord("auto", Types.integer("a number of connections", 1, 10_000_000)));
    static final Key<Duration> LIMITS_DRAIN = key(
                    "limits.drain", "A stopping process waits this long for connections to end.")
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
        private boolean isLater;
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

        private Row later() {
            isLater = true;
            return absence == null ? derived("none") : this;
        }

        private Row mayBeEmpty() {
            isEmptyAllowed = true;
            return this;
        }

        private <T> Key<T> one(Type<T> type) {
            return add(new Form.One<>(type));
        }

        private <E> Key<List<E>> many(Type<E> type) {
            return add(new Form.Many<>(type, false, isEmptyAllowed));
        }

        private <E> Key<List<E>> oneOrMany(Type<E> type) {
            return add(new Form.Many<>(type, true, isEmptyAllowed));
        }

        private Key<Section> section(@Nullable Type<?> shorthand) {
            return add(new Form.Nested(shorthand));
        }

        private Key<List<Section>> sections() {
            return add(new Form.NestedList(null));
        }

        private Key<List<Section>> sections(Type<?> shorthand) {
            return add(new Form.NestedList(shorthand));
        }

        private <T> Key<T> add(Form<T> form) {
            Key<T> key = new Key<>(path, doc, form, requireNonNull(absence, path), isLater);
            ALL.add(key);
            return key;
        }
    }
}
