package io.hawser.lb.config;

import io.hawser.vrrp.Password;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A file read by the table of keys, with what follows from several keys or from the host. One thread. */
final class ParsedConfig {
    private static final int HIGHEST_DEFAULT_PRIORITY = 200;
    private static final int PRIORITY_STEP = 10;
    private static final Duration DEFAULT_INTERVAL = Duration.ofMillis(100);
    private static final Duration DEFAULT_INTERVAL_2 = Duration.ofSeconds(1);

    private final Section file;
    private final Environment environment;
    private final Map<Section, InetSocketAddress> memberAddresses = new HashMap<>();
    private final Map<String, List<InetAddress>> resolved = new HashMap<>();
    private final Map<InetAddress, SourceLocation> virtualAddresses = new HashMap<>();
    private final Map<InetAddress, Section> nodeAddresses = new HashMap<>();
    private final Map<Section, Password> passwords = new HashMap<>();
    private final Map<String, Section> poolsByName = new HashMap<>();
    private final Map<InetAddress, Section> droppingRouters = new HashMap<>();
    private final Map<Section, Integer> nodePlaces = new HashMap<>();
    private final Map<Section, Set<Section>> poolsByListener = new HashMap<>();
    private final Map<Section, List<Section>> listenersByPool = new HashMap<>();
    private final Set<InetAddress> ownAddresses;
    private @Nullable Section self;
    private boolean isSelfToCome;

    ParsedConfig(Section file, Environment environment) {
        this.file = file;
        this.environment = environment;
        for (Section router : routers()) {
            for (Section.Located<Cidr> one : router.items(RouterKeys.ADDRESSES)) {
                virtualAddresses.putIfAbsent(one.value().address(), one.spot());
                if (Boolean.FALSE.equals(router.find(RouterKeys.ACCEPT))) {
                    droppingRouters.putIfAbsent(one.value().address(), router);
                }
            }
        }
        for (Section node : nodes()) {
            InetAddress address = node.find(NodeKeys.ADDRESS);
            nodePlaces.putIfAbsent(node, nodePlaces.size());
            if (address != null) {
                nodeAddresses.putIfAbsent(address, node);
            }
        }
        for (Section pool : pools()) {
            String name = pool.find(PoolKeys.NAME);
            if (name != null) {
                poolsByName.putIfAbsent(name, pool);
            }
        }
        ownAddresses = Set.copyOf(environment.addresses());
        for (Section listener : listeners()) {
            Set<Section> pools = namedBy(listener);
            poolsByListener.put(listener, pools);
            pools.forEach(pool -> listenersByPool
                    .computeIfAbsent(pool, _ -> new ArrayList<>())
                    .add(listener));
        }
    }

    Section file() {
        return file;
    }

    Environment environment() {
        return environment;
    }

    List<Section> nodes() {
        return file.sections(NodeKeys.NODES);
    }

    List<Section> routers() {
        return file.sections(RouterKeys.ROUTERS);
    }

    List<Section> listeners() {
        return file.sections(ListenerKeys.LISTENERS);
    }

    List<Section> pools() {
        return file.sections(PoolKeys.POOLS);
    }

    /** The entry of this node; null: it could not be told. */
    @Nullable
    Section self() {
        return self;
    }

    void isSelf(@Nullable Section node) {
        self = node;
    }

    /** The address of this node; null: it could not be told. */
    @Nullable
    InetAddress selfAddress() {
        return self == null ? null : self.find(NodeKeys.ADDRESS);
    }

    /** The written priority of a node, else that of its place; null: the written one is wrong. */
    @Nullable
    Integer priority(Section node) {
        return node.has(NodeKeys.PRIORITY)
                ? node.find(NodeKeys.PRIORITY)
                : (Integer) (HIGHEST_DEFAULT_PRIORITY - PRIORITY_STEP * nodePlaces.getOrDefault(node, -1));
    }

    /** The admin endpoint's port of a node; null: what is written is wrong. */
    @Nullable
    Integer adminPort(Section node) {
        if (node.has(NodeKeys.ADMIN_PORT)) {
            return node.find(NodeKeys.ADMIN_PORT);
        }
        InetSocketAddress bind = writtenAdminBind();
        return bind == null ? null : (Integer) bind.getPort();
    }

    /** What admin.bind says, or its default: the wildcard over which the others reach this node; null: what is written is wrong. */
    private @Nullable InetSocketAddress writtenAdminBind() {
        Section admin = file.section(ProcessKeys.ADMIN);
        if (admin.has(ProcessKeys.ADMIN_BIND)) {
            return admin.find(ProcessKeys.ADMIN_BIND);
        }
        boolean isSix = selfAddress() instanceof Inet6Address;
        return new InetSocketAddress(InetAddress.ofLiteral(isSix ? "::" : "0.0.0.0"), Admin.DEFAULT_PORT);
    }

    /** Where this node's admin endpoint listens; null: what is written is wrong. */
    @Nullable
    InetSocketAddress adminBind() {
        InetSocketAddress bind = writtenAdminBind();
        Integer port = self == null ? null : adminPort(self);
        return bind == null || port == null ? bind : new InetSocketAddress(bind.getAddress(), port);
    }

    /** The interface of a virtual router; null: there is none on this host, or the key is wrong. */
    Environment.@Nullable Interface interfaceOf(Section router) {
        if (router.has(RouterKeys.INTERFACE)) {
            String name = router.find(RouterKeys.INTERFACE);
            return name == null ? null : environment.interfaceNamed(name);
        }
        InetAddress address = selfAddress();
        return address == null ? null : environment.interfaceHolding(address);
    }

    /** The name of a virtual router's interface, whether or not there is one; the stand-in where only the node's address can tell. */
    String carrierOf(Section router) {
        Environment.Interface here = interfaceOf(router);
        String written = router.has(RouterKeys.INTERFACE) ? router.find(RouterKeys.INTERFACE) : null;
        return here != null ? here.name() : written != null ? written : VirtualRouter.NOT_KNOWN_YET;
    }

    /** The written advertisement interval of a virtual router, else that of its version; null: the written one is wrong. */
    @Nullable
    Duration interval(Section router) {
        if (router.has(RouterKeys.INTERVAL)) {
            return router.find(RouterKeys.INTERVAL);
        }
        return isVersion2(router) ? DEFAULT_INTERVAL_2 : DEFAULT_INTERVAL;
    }

    /** Whether a virtual router is written to speak version 2. */
    static boolean isVersion2(Section router) {
        return Objects.equals(router.find(RouterKeys.VERSION), 2);
    }

    /** Whether a virtual router is for IPv6, which its first address decides; false: it is for IPv4, or has no right address. */
    static boolean isIpv6(Section router) {
        List<Section.Located<Cidr>> addresses = router.items(RouterKeys.ADDRESSES);
        return !addresses.isEmpty() && addresses.getFirst().value().address() instanceof Inet6Address;
    }

    /** The first node whose address is not of a virtual router's family, so that unicast cannot join the two; null: none is. */
    @Nullable
    Section nodeOfOtherFamily(Section router) {
        for (Section node : nodes()) {
            InetAddress address = node.find(NodeKeys.ADDRESS);
            if (address != null && address instanceof Inet6Address != isIpv6(router)) {
                return node;
            }
        }
        return null;
    }

    /** Keeps what a virtual router's password file says. */
    void hasPassword(Section router, Password password) {
        passwords.put(router, password);
    }

    /** A virtual router's password; null: it has none. */
    @Nullable
    Password passwordOf(Section router) {
        return passwords.get(router);
    }

    /** The virtual router's place that has the address; null: none has it. */
    @Nullable
    SourceLocation virtual(InetAddress address) {
        return virtualAddresses.get(address);
    }

    /** The node with that address; null: none has it. */
    @Nullable
    Section nodeAt(InetAddress address) {
        return nodeAddresses.get(address);
    }

    /** The router that drops what is sent to this address of it; null: none does. */
    @Nullable
    Section droppedBy(InetAddress address) {
        return droppingRouters.get(address);
    }

    /** Whether an interface of this host has the address. */
    boolean isOnThisHost(InetAddress address) {
        return ownAddresses.contains(address);
    }

    /** Whether a node or a virtual router has an IPv4 address. */
    boolean hasIpv4() {
        return Stream.concat(nodeAddresses.keySet().stream(), virtualAddresses.keySet().stream())
                .anyMatch(Inet4Address.class::isInstance);
    }

    /** The pools that a listener names, each once; those that are not there are left out. */
    Set<Section> poolsOf(Section listener) {
        return poolsByListener.getOrDefault(listener, Set.of());
    }

    private Set<Section> namedBy(Section listener) {
        return Stream.concat(
                        listener.sections(ListenerKeys.ROUTES).stream()
                                .map(route -> route.find(ListenerKeys.ROUTE_POOL)),
                        Stream.ofNullable(listener.find(ListenerKeys.POOL)))
                .filter(Objects::nonNull)
                .map(poolsByName::get)
                .filter(Objects::nonNull)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Whether a route takes whatever no other does. */
    static boolean isRest(Section route) {
        return !route.has(ListenerKeys.ROUTE_SNI) && !route.has(ListenerKeys.ROUTE_ALPN);
    }

    /** The listeners that a pool is used by. */
    List<Section> listenersOf(Section pool) {
        return listenersByPool.getOrDefault(pool, List.of());
    }

    /** What is written as a member's address; null: it is wrong. */
    static @Nullable HostPort hostPort(Section member) {
        HostPort bare = member.shorthand(HostPort.class);
        return bare == null && member.has(PoolKeys.MEMBER_ADDRESS) ? member.find(PoolKeys.MEMBER_ADDRESS) : bare;
    }

    /** Where a member's address stands. */
    static SourceLocation addressSpot(Section member) {
        return member.spot(PoolKeys.MEMBER_ADDRESS);
    }

    /** A member's name, its address as written when it has none; null: what is written is wrong. */
    static @Nullable String memberName(Section member) {
        if (member.has(PoolKeys.MEMBER_NAME)) {
            return member.find(PoolKeys.MEMBER_NAME);
        }
        HostPort address = hostPort(member);
        return address == null ? null : address.text();
    }

    /** The addresses of a host name, asked for once; may block. */
    List<InetAddress> resolve(String host) {
        return resolved.computeIfAbsent(host, environment.resolver()::resolve);
    }

    /** Says that the node cannot be told yet. */
    void isSelfToCome() {
        isSelfToCome = true;
    }

    /** Whether the node cannot be told yet, so that none of them is it. */
    boolean hasSelfToCome() {
        return isSelfToCome;
    }

    void hasAddress(Section member, InetSocketAddress address) {
        memberAddresses.put(member, address);
    }

    /** A member's resolved address; empty: there is none. */
    Optional<InetSocketAddress> addressOf(Section member) {
        return Optional.ofNullable(memberAddresses.get(member));
    }

    /** How long after the last advertisement of a dead node another one takes over, over all virtual routers. */
    Duration slowestFailover() {
        Duration slowest = Duration.ZERO;
        for (Section router : routers()) {
            Duration interval = interval(router);
            // RFC 9568 6.1: three intervals, and a skew of less than one.
            if (interval != null && interval.multipliedBy(4).compareTo(slowest) > 0) {
                slowest = interval.multipliedBy(4);
            }
        }
        return slowest;
    }
}
