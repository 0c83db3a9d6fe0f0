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
                admin(file.section(ProcessKeys.ADMIN)),
                kernel(file.section(ProcessKeys.KERNEL)),
                limits(file.section(ProcessKeys.LIMITS)),
                file.files(ProcessKeys.ADMIN_SOCKET).stream()
                        .map(directory::resolve)
                        .collect(Collectors.toSet()));
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
                node.get(NodeKeys.NAME),
                node.get(NodeKeys.ADDRESS),
                requireNonNull(draft.priority(node), "priority"),
                requireNonNull(draft.adminPort(node), "admin port"));
    }

    private VirtualRouter router(Section router) {
        String carrier = draft.carrierOf(router);
        return new VirtualRouter(
                router.get(RouterKeys.NAME),
                router.get(RouterKeys.ID),
                new RouterSpec.Protocol(
                        router.get(RouterKeys.VERSION),
                        router.get(RouterKeys.TRANSPORT).orElseGet(() -> transport(router)),
                        router.get(RouterKeys.CHECKSUM),
                        Optional.ofNullable(draft.passwordOf(router))),
                new RouterSpec.Carrier(carrier, router.get(RouterKeys.VIRTUAL_MAC)),
                new RouterSpec.Holding(
                        addresses(router),
                        router.get(RouterKeys.LEASE),
                        announce(router.section(RouterKeys.ANNOUNCE)),
                        router.get(RouterKeys.ACCEPT)),
                new RouterSpec.Intervals(requireNonNull(draft.interval(router), "interval"), longestInterval(router)),
                new RouterSpec.Takeover(preempt(router.section(RouterKeys.PREEMPT)), startDelay(router)),
                Optional.ofNullable(router.find(RouterKeys.GROUP)),
                track(router.section(RouterKeys.TRACK), carrier),
                orNone(router.find(RouterKeys.NOTIFY)));
    }

    private Duration longestInterval(Section router) {
        Duration written = router.find(RouterKeys.LONGEST);
        if (written != null) {
            return written;
        }
        Duration tenfold = requireNonNull(draft.interval(router), "interval").multipliedBy(10);
        return tenfold.compareTo(LEAST_LONGEST) < 0 ? LEAST_LONGEST : tenfold;
    }

    private Duration startDelay(Section router) {
        Duration written = router.find(RouterKeys.START_DELAY);
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
        List<VirtualAddress> addresses = new ArrayList<>(router.get(RouterKeys.ADDRESSES).stream()
                .map(written -> new VirtualAddress(written.address(), written.prefix()))
                .toList());
        if (ParsedConfig.isIpv6(router)) {
            addresses.sort(Comparator.comparing(each -> !each.address().isLinkLocalAddress()));
            if (!addresses.getFirst().address().isLinkLocalAddress()) {
                InetAddress made = Addresses.linkLocalOf(router.get(RouterKeys.ID));
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
        Duration delay = preempt.find(RouterKeys.PREEMPT_DELAY);
        if (delay != null) {
            return new RouterSpec.Preempt(true, delay);
        }
        return Boolean.TRUE.equals(preempt.shorthand(Boolean.class))
                ? new RouterSpec.Preempt(true, Duration.ZERO)
                : RouterSpec.Preempt.NEVER;
    }

    private static RouterSpec.Announce announce(Section announce) {
        return new RouterSpec.Announce(
                announce.get(RouterKeys.ANNOUNCE_COUNT),
                announce.get(RouterKeys.ANNOUNCE_AGAIN),
                announce.get(RouterKeys.ANNOUNCE_REFRESH));
    }

    private Track track(Section track, String carrier) {
        List<String> all = draft.listeners().stream()
                .map(listener -> listener.get(ListenerKeys.NAME))
                .toList();
        List<String> listeners = track.find(RouterKeys.TRACK_LISTENERS);
        List<String> interfaces = track.find(RouterKeys.TRACK_INTERFACES);
        return new Track(listeners == null ? all : listeners, interfaces == null ? List.of(carrier) : interfaces);
    }

    private Listener listener(Section listener) {
        Section limits = listener.section(ListenerKeys.LIMITS);
        List<Section> routes = listener.sections(ListenerKeys.ROUTES);
        Optional<String> rest = routes.stream()
                .filter(ParsedConfig::isRest)
                .map(route -> route.get(ListenerKeys.ROUTE_POOL))
                .findFirst();
        return new Listener(
                listener.get(ListenerKeys.NAME),
                listener.get(ListenerKeys.BIND),
                new Listener.Routing(
                        routes.stream()
                                .filter(route -> !ParsedConfig.isRest(route))
                                .map(Assembly::route)
                                .toList(),
                        rest.or(() -> Optional.ofNullable(listener.find(ListenerKeys.POOL)))),
                new Greeting(listener.get(ListenerKeys.HELLO), networks(listener.find(ListenerKeys.PROXY_PROTOCOL))),
                listener.get(ListenerKeys.IDLE),
                number(limits.find(ListenerKeys.CONNECTIONS)),
                listener.get(ListenerKeys.NO_MEMBER),
                new AccessRules(
                        networks(listener.find(ListenerKeys.DENY)),
                        networks(listener.find(ListenerKeys.ALLOW)),
                        number(limits.find(ListenerKeys.PER_SOURCE)).orElse(0),
                        number(limits.find(ListenerKeys.RATE)).orElse(0)),
                listener.has(ListenerKeys.TLS)
                        ? Optional.of(listenerTls(listener, listener.section(ListenerKeys.TLS)))
                        : Optional.empty(),
                listener.get(ListenerKeys.ACCESS_LOG));
    }

    private static List<Network> networks(@Nullable List<Cidr> written) {
        return orNone(written).stream()
                .map(cidr -> new Network(cidr.address(), cidr.prefix()))
                .toList();
    }

    private static Route route(Section route) {
        return new Route(
                orNone(route.find(ListenerKeys.ROUTE_SNI)),
                orNone(route.find(ListenerKeys.ROUTE_ALPN)),
                route.get(ListenerKeys.ROUTE_POOL));
    }

    private ListenerTls listenerTls(Section listener, Section tls) {
        List<CertificateFiles> several = tls.sections(ListenerKeys.TLS_CERTIFICATES).stream()
                .map(each -> files(each, ListenerKeys.CERTIFICATES_CERTIFICATE, ListenerKeys.CERTIFICATES_KEY))
                .flatMap(Optional::stream)
                .toList();
        List<String> alpn = tls.find(ListenerKeys.TLS_ALPN);
        Section client = tls.section(ListenerKeys.TLS_CLIENT_AUTH);
        return new ListenerTls(
                files(tls, ListenerKeys.TLS_CERTIFICATE, ListenerKeys.TLS_KEY)
                        .map(List::of)
                        .orElse(several),
                tls.get(ListenerKeys.TLS_MIN_VERSION),
                alpn == null ? defaultAlpn(listener) : alpn,
                tls.has(ListenerKeys.TLS_CLIENT_AUTH)
                        ? Optional.of(new ClientAuth(
                                client.get(ListenerKeys.CLIENT_AUTH_MODE),
                                file(client, ListenerKeys.CLIENT_AUTH_CA).orElseThrow(),
                                file(client, ListenerKeys.CLIENT_AUTH_CRL)))
                        : Optional.empty(),
                file(tls, ListenerKeys.TLS_TICKET_KEYS));
    }

    // A member that is sent what was decrypted is not asked what it speaks, so nothing may be promised in its name.
    private List<String> defaultAlpn(Section listener) {
        boolean isMirrored = draft.poolsOf(listener).stream().allMatch(pool -> pool.has(PoolKeys.TLS));
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
                pool.get(PoolKeys.NAME),
                pool.sections(PoolKeys.MEMBERS).stream().map(this::member).toList(),
                settings(pool),
                health(pool.section(HealthKeys.HEALTH)),
                pool.has(PoolKeys.TLS) ? Optional.of(memberTls(pool.section(PoolKeys.TLS))) : Optional.empty());
    }

    private static PoolSettings settings(Section pool) {
        return new PoolSettings(
                        pool.get(PoolKeys.BALANCE),
                        pool.get(PoolKeys.CONNECT),
                        pool.get(PoolKeys.RETRIES),
                        pool.get(PoolKeys.ON_DOWN))
                .with(distribution(pool))
                .hedgedAfter(pool.get(PoolKeys.HEDGE).orElse(Duration.ZERO))
                .announcing(pool.get(PoolKeys.PROXY_PROTOCOL));
    }

    private static Distribution distribution(Section pool) {
        Affinity affinity = pool.section(PoolKeys.AFFINITY).find(PoolKeys.AFFINITY_BY);
        Section queue = pool.section(PoolKeys.QUEUE);
        Duration timeout = queue.find(PoolKeys.QUEUE_TIMEOUT);
        Integer rate = pool.section(PoolKeys.REBALANCE).find(PoolKeys.REBALANCE_RATE);
        return new Distribution(
                affinity == null ? Affinity.NONE : affinity,
                pool.get(PoolKeys.SLOW_START).orElse(Duration.ZERO),
                queue.get(PoolKeys.QUEUE_LENGTH),
                timeout == null ? pool.get(PoolKeys.CONNECT) : timeout,
                rate == null ? 0 : rate);
    }

    private MemberTls memberTls(Section tls) {
        return new MemberTls(
                file(tls, PoolKeys.MEMBER_TLS_CA),
                Optional.ofNullable(tls.find(PoolKeys.MEMBER_TLS_NAME)),
                tls.get(PoolKeys.MEMBER_TLS_VERIFY),
                files(tls, PoolKeys.MEMBER_TLS_CERTIFICATE, PoolKeys.MEMBER_TLS_KEY));
    }

    private Member member(Section member) {
        return new Member(
                requireNonNull(ParsedConfig.memberName(member), "name"),
                draft.addressOf(member).orElseGet(() -> unresolved(member)),
                member.get(PoolKeys.MEMBER_WEIGHT),
                member.get(PoolKeys.MEMBER_BACKUP),
                number(member.find(PoolKeys.MEMBER_CONNECTIONS)));
    }

    private static InetSocketAddress unresolved(Section member) {
        HostPort written = requireNonNull(ParsedConfig.hostPort(member), "address");
        return InetSocketAddress.createUnresolved(written.host(), written.port());
    }

    private Health health(Section health) {
        return new Health(
                health.get(HealthKeys.TYPE),
                number(health.find(HealthKeys.PORT)),
                Optional.ofNullable(health.find(HealthKeys.HOST)),
                new Health.Request(
                        health.get(HealthKeys.PATH),
                        health.get(HealthKeys.EXPECT),
                        health.has(HealthKeys.WRONG)
                                ? health.get(HealthKeys.WRONG)
                                : WrongStatus.meaning(health.get(HealthKeys.PATH), health.has(HealthKeys.PORT)),
                        file(health, HealthKeys.TOKEN)),
                new CheckPlan.Timing(
                        health.get(HealthKeys.INTERVAL),
                        health.get(HealthKeys.FAST),
                        health.get(HealthKeys.CONNECT),
                        health.get(HealthKeys.TIMEOUT),
                        health.get(HealthKeys.RISE),
                        health.get(HealthKeys.FALL)),
                new Health.Tls(file(health, HealthKeys.CA), files(health, HealthKeys.CERTIFICATE, HealthKeys.KEY)));
    }

    private Optional<Path> file(Section section, Key<Path> key) {
        return Optional.ofNullable(section.find(key)).map(directory::resolve);
    }

    private Admin admin(Section admin) {
        InetSocketAddress bind = requireNonNull(draft.adminBind(), "admin bind");
        return new Admin(
                bind,
                admin.get(ProcessKeys.ADMIN_SOCKET),
                Optional.ofNullable(admin.find(ProcessKeys.ADMIN_HOSTS)).orElse(List.of()),
                admin.section(ProcessKeys.ADMIN_METRICS).get(ProcessKeys.METRICS_HAPROXY));
    }

    private static Kernel kernel(Section kernel) {
        return new Kernel(
                kernel.get(ProcessKeys.KERNEL_FORWARD),
                kernel.get(ProcessKeys.KERNEL_NONLOCAL),
                kernel.get(ProcessKeys.KERNEL_IPVS));
    }

    private static Limits limits(Section limits) {
        return new Limits(
                number(limits.get(ProcessKeys.LIMITS_CONNECTIONS).orElse(null)),
                number(limits.get(ProcessKeys.LIMITS_FRUITLESS).orElse(null)),
                limits.get(ProcessKeys.LIMITS_DRAIN));
    }

    private static OptionalInt number(@Nullable Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }
}
