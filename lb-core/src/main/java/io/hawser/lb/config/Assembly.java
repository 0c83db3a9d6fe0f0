package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.healthcheck.CheckPlan;
import io.hawser.lb.admission.AccessRules;
import io.hawser.lb.admission.Network;
import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.Distribution;
import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.proxy.ListenerPlan.Greeting;
import io.hawser.vrrp.RouterSpec;
import io.hawser.vrrp.RouterSpec.Transport;
import io.hawser.vrrp.VirtualAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Turns a draft without problems into records. One thread. */
final class Assembly {
    private static final List<String> HTTP = List.of("h2", "http/1.1");
    private static final int LEAST_PRIORITY = 2;
    private static final Duration LEAST_LONGEST = Duration.ofSeconds(1);

    /** For each better node, so that a simultaneous boot ends on the first one. */
    private static final Duration START_DELAY = Duration.ofSeconds(1);

    private final ParsedConfig draft;
    private final Path directory;

    /**
     * @param directory what relative file names are relative to
     */
    Assembly(ParsedConfig draft, Path directory) {
        this.draft = draft;
        this.directory = directory;
    }

    Config config() {
        Section file = draft.file();
        return new Config(
                draft.nodes().stream().map(this::node).toList(),
                self(),
                draft.routers().stream().map(this::router).toList(),
                draft.listeners().stream().map(this::listener).toList(),
                draft.pools().stream().map(this::pool).toList(),
                admin(file.section(Keys.ADMIN)),
                kernel(file.section(Keys.KERNEL)),
                limits(file.section(Keys.LIMITS)),
                file.files(Keys.ADMIN_SOCKET).stream().map(directory::resolve).collect(Collectors.toSet()));
    }

    private Node self() {
        if (!draft.hasSelfToCome()) {
            return node(requireNonNull(draft.self(), "self"));
        }
        InetSocketAddress bind = requireNonNull(draft.adminBind(), "admin bind");
        return new Node(Node.NOT_KNOWN_YET, InetAddress.ofLiteral("0.0.0.0"), LEAST_PRIORITY, bind.getPort());
    }

    private Node node(Section node) {
        return new Node(
                node.get(Keys.NODE_NAME),
                node.get(Keys.NODE_ADDRESS),
                requireNonNull(draft.priority(node), "priority"),
                requireNonNull(draft.adminPort(node), "admin port"));
    }

    private VirtualRouter router(Section router) {
        String carrier = draft.carrierOf(router);
        return new VirtualRouter(
                router.get(Keys.ROUTER_NAME),
                router.get(Keys.ROUTER_ID),
                new RouterSpec.Protocol(
                        router.get(Keys.ROUTER_VERSION),
                        router.get(Keys.ROUTER_TRANSPORT).orElseGet(() -> transport(router)),
                        router.get(Keys.ROUTER_CHECKSUM),
                        Optional.ofNullable(draft.passwordOf(router))),
                new RouterSpec.Carrier(carrier, router.get(Keys.ROUTER_VIRTUAL_MAC)),
                new RouterSpec.Holding(
                        addresses(router),
                        router.get(Keys.ROUTER_LEASE),
                        announce(router.section(Keys.ROUTER_ANNOUNCE)),
                        router.get(Keys.ROUTER_ACCEPT)),
                new RouterSpec.Intervals(requireNonNull(draft.interval(router), "interval"), longestInterval(router)),
                new RouterSpec.Takeover(preempt(router.section(Keys.ROUTER_PREEMPT)), startDelay(router)),
                Optional.ofNullable(router.find(Keys.ROUTER_GROUP)),
                track(router.section(Keys.ROUTER_TRACK), carrier),
                orNone(router.find(Keys.ROUTER_NOTIFY)));
    }

    private Duration longestInterval(Section router) {
        Duration written = router.find(Keys.ROUTER_LONGEST);
        if (written != null) {
            return written;
        }
        Duration tenfold = requireNonNull(draft.interval(router), "interval").multipliedBy(10);
        return tenfold.compareTo(LEAST_LONGEST) < 0 ? LEAST_LONGEST : tenfold;
    }

    private Duration startDelay(Section router) {
        Duration written = router.find(Keys.ROUTER_START_DELAY);
        if (written != null) {
            return written;
        }
        List<Section> ranked = draft.nodes().stream()
                .sorted(Comparator.comparingInt(node -> -requireNonNull(draft.priority(node), "priority")))
                .toList();
        return START_DELAY.multipliedBy(Math.max(0, ranked.indexOf(draft.self())));
    }

    // RFC 9568 5.2.9: over IPv6 the first address is a link-local one of the virtual router.
    private static List<VirtualAddress> addresses(Section router) {
        List<VirtualAddress> addresses = new ArrayList<>(router.get(Keys.ROUTER_ADDRESSES).stream()
                .map(written -> new VirtualAddress(written.address(), written.prefix()))
                .toList());
        if (ParsedConfig.isIpv6(router)) {
            addresses.sort(Comparator.comparing(each -> !each.address().isLinkLocalAddress()));
            if (!addresses.getFirst().address().isLinkLocalAddress()) {
                InetAddress made = Addresses.linkLocalOf(router.get(Keys.ROUTER_ID));
                addresses.addFirst(new VirtualAddress(made, made.getAddress().length * 8));
            }
        }
        return addresses;
    }

    private Transport transport(Section router) {
        boolean isUnicast = draft.nodes().size() > 1 && draft.nodeOfOtherFamily(router) == null;
        return isUnicast ? Transport.UNICAST : Transport.MULTICAST;
    }

    /** Whether a node of higher priority takes the addresses; never, where what is written is wrong. */
    static RouterSpec.Preempt preempt(Section preempt) {
        Duration delay = preempt.find(Keys.PREEMPT_DELAY);
        if (delay != null) {
            return new RouterSpec.Preempt(true, delay);
        }
        return Boolean.TRUE.equals(preempt.shorthand(Boolean.class))
                ? new RouterSpec.Preempt(true, Duration.ZERO)
                : RouterSpec.Preempt.NEVER;
    }

    private static RouterSpec.Announce announce(Section announce) {
        return new RouterSpec.Announce(
                announce.get(Keys.ANNOUNCE_COUNT),
                announce.get(Keys.ANNOUNCE_AGAIN),
                announce.get(Keys.ANNOUNCE_REFRESH));
    }

    private Track track(Section track, String carrier) {
        List<String> all = draft.listeners().stream()
                .map(listener -> listener.get(Keys.LISTENER_NAME))
                .toList();
        List<String> listeners = track.find(Keys.TRACK_LISTENERS);
        List<String> interfaces = track.find(Keys.TRACK_INTERFACES);
        return new Track(listeners == null ? all : listeners, interfaces == null ? List.of(carrier) : interfaces);
    }

    private Listener listener(Section listener) {
        Section limits = listener.section(Keys.LISTENER_LIMITS);
        List<Section> routes = listener.sections(Keys.LISTENER_ROUTES);
        Optional<String> rest = routes.stream()
                .filter(ParsedConfig::isRest)
                .map(route -> route.get(Keys.ROUTE_POOL))
                .findFirst();
        return new Listener(
                listener.get(Keys.LISTENER_NAME),
                listener.get(Keys.LISTENER_BIND),
                new Listener.Routing(
                        routes.stream()
                                .filter(route -> !ParsedConfig.isRest(route))
                                .map(Assembly::route)
                                .toList(),
                        rest.or(() -> Optional.ofNullable(listener.find(Keys.LISTENER_POOL)))),
                new Greeting(listener.get(Keys.LISTENER_HELLO), networks(listener.find(Keys.LISTENER_PROXY_PROTOCOL))),
                listener.get(Keys.LISTENER_IDLE),
                number(limits.find(Keys.LISTENER_CONNECTIONS)),
                listener.get(Keys.LISTENER_NO_MEMBER),
                new AccessRules(
                        networks(listener.find(Keys.LISTENER_DENY)),
                        networks(listener.find(Keys.LISTENER_ALLOW)),
                        number(limits.find(Keys.LISTENER_PER_SOURCE)).orElse(0),
                        number(limits.find(Keys.LISTENER_RATE)).orElse(0)),
                listener.has(Keys.LISTENER_TLS)
                        ? Optional.of(listenerTls(listener, listener.section(Keys.LISTENER_TLS)))
                        : Optional.empty(),
                listener.get(Keys.LISTENER_ACCESS_LOG));
    }

    private static List<Network> networks(@Nullable List<Cidr> written) {
        return orNone(written).stream()
                .map(cidr -> new Network(cidr.address(), cidr.prefix()))
                .toList();
    }

    private static Route route(Section route) {
        return new Route(
                orNone(route.find(Keys.ROUTE_SNI)), orNone(route.find(Keys.ROUTE_ALPN)), route.get(Keys.ROUTE_POOL));
    }

    private ListenerTls listenerTls(Section listener, Section tls) {
        List<CertificateFiles> several = tls.sections(Keys.TLS_CERTIFICATES).stream()
                .map(each -> files(each, Keys.CERTIFICATES_CERTIFICATE, Keys.CERTIFICATES_KEY))
                .flatMap(Optional::stream)
                .toList();
        List<String> alpn = tls.find(Keys.TLS_ALPN);
        Section client = tls.section(Keys.TLS_CLIENT_AUTH);
        return new ListenerTls(
                files(tls, Keys.TLS_CERTIFICATE, Keys.TLS_KEY).map(List::of).orElse(several),
                tls.get(Keys.TLS_MIN_VERSION),
                alpn == null ? defaultAlpn(listener) : alpn,
                tls.has(Keys.TLS_CLIENT_AUTH)
                        ? Optional.of(new ClientAuth(
                                client.get(Keys.CLIENT_AUTH_MODE),
                                file(client, Keys.CLIENT_AUTH_CA).orElseThrow(),
                                file(client, Keys.CLIENT_AUTH_CRL)))
                        : Optional.empty(),
                file(tls, Keys.TLS_TICKET_KEYS));
    }

    // A member that is sent what was decrypted is not asked what it speaks, so nothing may be promised in its name.
    private List<String> defaultAlpn(Section listener) {
        boolean isMirrored = draft.poolsOf(listener).stream().allMatch(pool -> pool.has(Keys.POOL_TLS));
        return isMirrored ? HTTP : List.of();
    }

    private Optional<CertificateFiles> files(Section section, Key<Path> certificate, Key<Path> key) {
        return file(section, certificate)
                .flatMap(written -> file(section, key).map(its -> new CertificateFiles(written, its)));
    }

    private static <E> List<E> orNone(@Nullable List<E> written) {
        return written == null ? List.of() : written;
    }

    private Pool pool(Section pool) {
        return new Pool(
                pool.get(Keys.POOL_NAME),
                pool.sections(Keys.MEMBERS).stream().map(this::member).toList(),
                settings(pool),
                health(pool.section(Keys.HEALTH)),
                pool.has(Keys.POOL_TLS) ? Optional.of(memberTls(pool.section(Keys.POOL_TLS))) : Optional.empty());
    }

    private static PoolSettings settings(Section pool) {
        return new PoolSettings(
                        pool.get(Keys.POOL_BALANCE),
                        pool.get(Keys.POOL_CONNECT),
                        pool.get(Keys.POOL_RETRIES),
                        pool.get(Keys.POOL_ON_DOWN))
                .with(distribution(pool))
                .hedgedAfter(pool.get(Keys.POOL_HEDGE).orElse(Duration.ZERO))
                .announcing(pool.get(Keys.POOL_PROXY_PROTOCOL));
    }

    private static Distribution distribution(Section pool) {
        Affinity affinity = pool.section(Keys.POOL_AFFINITY).find(Keys.AFFINITY_BY);
        Section queue = pool.section(Keys.POOL_QUEUE);
        Duration timeout = queue.find(Keys.QUEUE_TIMEOUT);
        Integer rate = pool.section(Keys.POOL_REBALANCE).find(Keys.REBALANCE_RATE);
        return new Distribution(
                affinity == null ? Affinity.NONE : affinity,
                pool.get(Keys.POOL_SLOW_START).orElse(Duration.ZERO),
                queue.get(Keys.QUEUE_LENGTH),
                timeout == null ? pool.get(Keys.POOL_CONNECT) : timeout,
                rate == null ? 0 : rate);
    }

    private MemberTls memberTls(Section tls) {
        return new MemberTls(
                file(tls, Keys.MEMBER_TLS_CA),
                Optional.ofNullable(tls.find(Keys.MEMBER_TLS_NAME)),
                tls.get(Keys.MEMBER_TLS_VERIFY),
                files(tls, Keys.MEMBER_TLS_CERTIFICATE, Keys.MEMBER_TLS_KEY));
    }

    private Member member(Section member) {
        return new Member(
                requireNonNull(ParsedConfig.memberName(member), "name"),
                draft.addressOf(member).orElseGet(() -> unresolved(member)),
                member.get(Keys.MEMBER_WEIGHT),
                member.get(Keys.MEMBER_BACKUP),
                number(member.find(Keys.MEMBER_CONNECTIONS)));
    }

    private static InetSocketAddress unresolved(Section member) {
        HostPort written = requireNonNull(ParsedConfig.hostPort(member), "address");
        return InetSocketAddress.createUnresolved(written.host(), written.port());
    }

    private Health health(Section health) {
        return new Health(
                health.get(Keys.HEALTH_TYPE),
                number(health.find(Keys.HEALTH_PORT)),
                Optional.ofNullable(health.find(Keys.HEALTH_HOST)),
                new Health.Request(
                        health.get(Keys.HEALTH_PATH),
                        health.get(Keys.HEALTH_EXPECT),
                        health.has(Keys.HEALTH_WRONG)
                                ? health.get(Keys.HEALTH_WRONG)
                                : WrongStatus.meaning(health.get(Keys.HEALTH_PATH), health.has(Keys.HEALTH_PORT)),
                        file(health, Keys.HEALTH_TOKEN)),
                new CheckPlan.Timing(
                        health.get(Keys.HEALTH_INTERVAL),
                        health.get(Keys.HEALTH_FAST),
                        health.get(Keys.HEALTH_CONNECT),
                        health.get(Keys.HEALTH_TIMEOUT),
                        health.get(Keys.HEALTH_RISE),
                        health.get(Keys.HEALTH_FALL)),
                new Health.Tls(file(health, Keys.HEALTH_CA), files(health, Keys.HEALTH_CERTIFICATE, Keys.HEALTH_KEY)));
    }

    private Optional<Path> file(Section section, Key<Path> key) {
        return Optional.ofNullable(section.find(key)).map(directory::resolve);
    }

    private Admin admin(Section admin) {
        InetSocketAddress bind = requireNonNull(draft.adminBind(), "admin bind");
        return new Admin(
                bind,
                admin.get(Keys.ADMIN_SOCKET),
                Optional.ofNullable(admin.find(Keys.ADMIN_HOSTS)).orElse(List.of()),
                admin.section(Keys.ADMIN_METRICS).get(Keys.METRICS_HAPROXY));
    }

    private static Kernel kernel(Section kernel) {
        return new Kernel(
                kernel.get(Keys.KERNEL_FORWARD), kernel.get(Keys.KERNEL_NONLOCAL), kernel.get(Keys.KERNEL_IPVS));
    }

    private static Limits limits(Section limits) {
        return new Limits(
                number(limits.get(Keys.LIMITS_CONNECTIONS).orElse(null)),
                number(limits.get(Keys.LIMITS_FRUITLESS).orElse(null)),
                limits.get(Keys.LIMITS_DRAIN));
    }

    private static OptionalInt number(@Nullable Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }
}
