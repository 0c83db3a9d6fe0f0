package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.healthcheck.CheckPlan;
import io.hawser.lb.balance.Affinity;
import io.hawser.lb.balance.PoolSettings.SendProxyProtocol;
import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What must hold for the pools, their members and who listens for them. One thread. */
final class PoolChecks {
    private final ParsedConfig draft;
    private final Report report;
    private final CredentialChecks credentials;
    private final HealthChecks health;
    private final Binds binds;

    PoolChecks(ParsedConfig draft, Report report, SourceText source) {
        this.draft = draft;
        this.report = report;
        this.credentials = new CredentialChecks(report, source);
        this.health = new HealthChecks(draft, report, source);
        this.binds = Binds.ofListeners(draft);
    }

    void check() {
        Unique.names(report, draft.pools(), PoolKeys.NAME);
        Set<Section> used = new HashSet<>();
        for (Section listener : draft.listeners()) {
            used.addAll(draft.poolsOf(listener));
        }
        draft.environment()
                .resolver()
                .prepare(draft.pools().stream()
                        .flatMap(pool -> pool.sections(PoolKeys.MEMBERS).stream())
                        .map(ParsedConfig::hostPort)
                        .filter(written -> written != null && written.literal() == null)
                        .map(HostPort::host)
                        .collect(Collectors.toSet()));
        for (Section pool : draft.pools()) {
            members(pool);
            connections(pool);
            tls(pool);
            health.check(pool);
            used(pool, used);
        }
    }

    private void members(Section pool) {
        List<Section> members = pool.sections(PoolKeys.MEMBERS);
        Unique<String> names = new Unique<>(report);
        Unique<InetSocketAddress> addresses = new Unique<>(report);
        for (Section member : members) {
            HostPort written = ParsedConfig.hostPort(member);
            InetSocketAddress address = written == null ? null : resolve(member, written);
            if (address != null) {
                draft.hasAddress(member, address);
                addresses.add(address, ParsedConfig.addressSpot(member), AddressText.of(address));
                ownAddress(pool, member, address);
            } else if (written != null) {
                addresses.add(
                        InetSocketAddress.createUnresolved(written.host(), written.port()),
                        ParsedConfig.addressSpot(member),
                        written.text());
            }
            if (member.has(PoolKeys.MEMBER_NAME)) {
                String name = ParsedConfig.memberName(member);
                names.add(name, member.spot(PoolKeys.MEMBER_NAME), "the name " + Messages.quote(String.valueOf(name)));
            }
        }
        boolean isIdle = !members.isEmpty()
                && members.stream().allMatch(member -> Integer.valueOf(0).equals(member.find(PoolKeys.MEMBER_WEIGHT)));
        if (isIdle) {
            report.warning(pool.spot(PoolKeys.MEMBERS), "every member has weight 0: the pool takes no connections");
        }
        boolean isReserve = !members.isEmpty()
                && members.stream().allMatch(member -> Boolean.TRUE.equals(member.find(PoolKeys.MEMBER_BACKUP)));
        if (isReserve) {
            report.warning(
                    pool.spot(PoolKeys.MEMBERS),
                    "every member is a backup, so none is: write backup for the others only");
        }
    }

    /** What decides where a connection goes, and when it waits. */
    private void connections(Section pool) {
        boolean isLimited =
                pool.sections(PoolKeys.MEMBERS).stream().anyMatch(member -> member.has(PoolKeys.MEMBER_CONNECTIONS));
        if (pool.has(PoolKeys.QUEUE) && !isLimited) {
            report.problem(
                    pool.spot(PoolKeys.QUEUE), "nothing ever waits: write max-connections for members, or remove it");
        }
        Optional<Duration> hedge = pool.has(PoolKeys.HEDGE) ? pool.find(PoolKeys.HEDGE) : Optional.empty();
        Duration connect = pool.find(PoolKeys.CONNECT);
        if (hedge != null && hedge.isPresent() && connect != null && hedge.get().compareTo(connect) >= 0) {
            report.warning(
                    pool.spot(PoolKeys.HEDGE),
                    Durations.format(hedge.get()) + " never comes: a member is given up after the connect-timeout of "
                            + Durations.format(connect));
        }
        affinity(pool);
        proxyProtocol(pool);
    }

    private void affinity(Section pool) {
        Section affinity = pool.section(PoolKeys.AFFINITY);
        if (affinity.find(PoolKeys.AFFINITY_BY) != Affinity.CLIENT_CERTIFICATE) {
            return;
        }
        for (Section listener : draft.listenersOf(pool)) {
            boolean asks = listener.section(ListenerKeys.TLS).has(ListenerKeys.TLS_CLIENT_AUTH);
            if (!asks) {
                report.problem(
                        affinity.spot(PoolKeys.AFFINITY_BY),
                        listener.spot().path() + " asks no client for a certificate: write mode: tls and"
                                + " tls.client-auth there, or by: source-ip");
            }
        }
    }

    private void proxyProtocol(Section pool) {
        SendProxyProtocol sent = pool.find(PoolKeys.PROXY_PROTOCOL);
        Section health = pool.section(HealthKeys.HEALTH);
        if (sent != null && sent != SendProxyProtocol.OFF && !health.has(HealthKeys.PORT)) {
            report.warning(
                    pool.spot(PoolKeys.PROXY_PROTOCOL),
                    "checks send no PROXY header, and a member that insists on one will fail them: write health.port"
                            + " with a port that wants none");
        }
    }

    private void tls(Section pool) {
        List<Section> listeners = draft.listenersOf(pool);
        if (!pool.has(PoolKeys.TLS)) {
            inTheClear(pool, listeners);
            return;
        }
        Section tls = pool.section(PoolKeys.TLS);
        for (Section listener : listeners) {
            if (listener.find(ListenerKeys.MODE) == Mode.TCP) {
                report.problem(
                        pool.spot(PoolKeys.TLS),
                        listener.spot().path() + " passes on what clients have encrypted themselves, which must not be"
                                + " encrypted again: write mode: tls there, or remove this");
            }
        }
        Boolean verify = tls.find(PoolKeys.MEMBER_TLS_VERIFY);
        if (Boolean.TRUE.equals(verify) && !tls.has(PoolKeys.MEMBER_TLS_CA)) {
            report.problem(
                    tls.spot(),
                    "\"ca\" is missing: write the file with the certificates that members' must lead to, or verify: false"
                            + " to believe any");
        } else if (Boolean.FALSE.equals(verify)) {
            report.warning(
                    tls.spot(PoolKeys.MEMBER_TLS_VERIFY),
                    "whoever answers at a member's address is believed and sent what clients send: write verify: true and ca");
        }
        credentials.authorities(tls, PoolKeys.MEMBER_TLS_CA);
        if (together(report, tls, PoolKeys.MEMBER_TLS_CERTIFICATE, PoolKeys.MEMBER_TLS_KEY)) {
            var _ = credentials.pair(tls, PoolKeys.MEMBER_TLS_CERTIFICATE, PoolKeys.MEMBER_TLS_KEY);
        }
    }

    /** What a listener has decrypted is of no use to a member that speaks TLS. */
    private void inTheClear(Section pool, List<Section> listeners) {
        CheckPlan.Type type = pool.section(HealthKeys.HEALTH).find(HealthKeys.TYPE);
        boolean speaksTls = type != null
                && type.usesTls()
                && !pool.section(HealthKeys.HEALTH).has(HealthKeys.PORT);
        listeners.stream()
                .filter(listener -> speaksTls && listener.find(ListenerKeys.MODE) == Mode.TLS)
                .findFirst()
                .ifPresent(listener -> report.warning(
                        pool.spot(),
                        "members are checked over TLS but sent in the clear what "
                                + listener.spot().path() + " decrypts: write tls: {ca: FILE} here"));
    }

    /** Whether both keys are written; one without the other is reported. */
    static boolean together(Report report, Section section, Key<?> one, Key<?> other) {
        boolean isHalf = section.has(one) != section.has(other);
        if (isHalf) {
            Key<?> there = section.has(one) ? one : other;
            Key<?> missing = section.has(one) ? other : one;
            report.problem(section.spot(there), "needs " + missing.name() + " next to it: write both or none");
        }
        return !isHalf && section.has(one);
    }

    private @Nullable InetSocketAddress resolve(Section member, HostPort written) {
        InetAddress literal = written.literal();
        if (literal != null) {
            return new InetSocketAddress(literal, written.port());
        }
        if (!draft.environment().isKnown()) {
            return null;
        }
        SourceLocation spot = ParsedConfig.addressSpot(member);
        List<InetAddress> found = draft.resolve(written.host());
        List<InetAddress> before =
                found.isEmpty() ? draft.environment().resolver().last(written.host()) : List.of();
        if (!before.isEmpty()) {
            report.notYet(
                    spot,
                    false,
                    () -> "the host " + Messages.quote(written.host()) + " does not resolve now: its member keeps "
                            + AddressText.of(before.getFirst()));
            return new InetSocketAddress(named(written.host(), before.getFirst()), written.port());
        }
        if (found.isEmpty()) {
            report.notYet(
                    spot,
                    false,
                    () -> "the host " + Messages.quote(written.host())
                            + " does not resolve on this node: correct it, or write its IP address");
            return null;
        }
        if (found.size() > 1) {
            report.warning(
                    spot,
                    Messages.quote(written.host()) + " has " + found.size() + " addresses and only "
                            + AddressText.of(found.getFirst()) + " is used: write a member for each");
        }
        return new InetSocketAddress(named(written.host(), found.getFirst()), written.port());
    }

    /** The address with the name that the file gives it, so that no one ever looks it up backwards. */
    private static InetAddress named(String host, InetAddress address) {
        try {
            return InetAddress.getByAddress(host, address.getAddress());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of the resolver: " + AddressText.of(address), e);
        }
    }

    /** A member must not lead back to the node that connects to it. */
    private void ownAddress(Section pool, Section member, InetSocketAddress address) {
        SourceLocation spot = ParsedConfig.addressSpot(member);
        SourceLocation virtual = draft.virtual(address.getAddress());
        if (virtual != null) {
            report.problem(
                    spot,
                    AddressText.of(address.getAddress()) + " is the virtual address of " + virtual.path() + " at "
                            + virtual.at() + ", so connections would come back here: write the server's own address");
            return;
        }
        Binds.Bound own = leadsTo(address);
        if (own != null
                && draft.poolsOf(requireNonNull(own.listener(), "listener")).contains(pool)) {
            report.problem(
                    spot,
                    AddressText.of(address) + " is where " + own.bind().spot().path()
                            + " listens, so connections would come back here: write the server's own address"
                            + " or another port");
            return;
        }
        if (isNextToListener(address)) {
            report.warning(
                    spot,
                    AddressText.of(address)
                            + " is on a load-balancer node, where a listener has the same port on another"
                            + " address: the server there must not listen on every address");
        }
    }

    /** The listener's address that takes connections to this one; null: none does. */
    private Binds.@Nullable Bound leadsTo(InetSocketAddress member) {
        InetAddress address = member.getAddress();
        Binds.Bound everywhere = isNode(address) ? binds.everywhere(member.getPort(), address) : null;
        return Binds.earlier(binds.at(member), everywhere);
    }

    // The same file runs on every node, so the other nodes' addresses count like this one's.
    private boolean isNode(InetAddress address) {
        return address.isLoopbackAddress()
                || address.isAnyLocalAddress()
                || draft.nodeAt(address) != null
                || draft.isOnThisHost(address);
    }

    private boolean isNextToListener(InetSocketAddress member) {
        return isNode(member.getAddress()) && binds.isAtAnother(member);
    }

    private void used(Section pool, Set<Section> used) {
        if (pool.find(PoolKeys.NAME) != null && !used.contains(pool)) {
            report.warning(pool.spot(), "no listener uses this pool");
        }
    }

    /** The rules for a pool's checks. */
    private static final class HealthChecks {
        private static final int API_PORT = 6443;
        private static final Duration PROMPT = Duration.ofSeconds(5);

        private final ParsedConfig draft;
        private final Report report;
        private final SourceText source;
        private final CredentialChecks credentials;

        private HealthChecks(ParsedConfig draft, Report report, SourceText source) {
            this.credentials = new CredentialChecks(report, source);
            this.draft = draft;
            this.report = report;
            this.source = source;
        }

        private void check(Section pool) {
            Section health = pool.section(HealthKeys.HEALTH);
            CheckPlan.Type type = health.find(HealthKeys.TYPE);
            if (type != null) {
                onlyFor(health, type, type.usesHttp(), "http and https", HTTP_ONLY);
                onlyFor(health, type, type.usesTls(), "tls and https", TLS_ONLY);
                onlyFor(
                        health,
                        type,
                        type.usesHttp() || type.usesTls(),
                        "tls, http and https",
                        List.of(HealthKeys.HOST));
                onlyFor(health, type, type != CheckPlan.Type.TCP, "tls, http and https", List.of(HealthKeys.TIMEOUT));
            }
            var _ = new FileCheck(report, source).bytes(health, HealthKeys.TOKEN);
            if (type != null && type.usesTls()) {
                credentials.authorities(health, HealthKeys.CA);
                if (together(report, health, HealthKeys.CERTIFICATE, HealthKeys.KEY)) {
                    var _ = credentials.pair(health, HealthKeys.CERTIFICATE, HealthKeys.KEY);
                }
            }
            onlyAnOpenPort(pool, health);
            if (type == CheckPlan.Type.HTTP && health.has(HealthKeys.TOKEN)) {
                report.warning(health.spot(HealthKeys.TOKEN), "the token travels in the clear: write type: https");
            }
            speed(health);
        }

        private static final List<Key<?>> HTTP_ONLY =
                List.of(HealthKeys.PATH, HealthKeys.EXPECT, HealthKeys.WRONG, HealthKeys.TOKEN);
        private static final List<Key<?>> TLS_ONLY = List.of(HealthKeys.CA, HealthKeys.CERTIFICATE, HealthKeys.KEY);

        private void onlyFor(Section health, CheckPlan.Type type, boolean isMeant, String types, List<Key<?>> keys) {
            for (Key<?> key : keys) {
                if (!isMeant && health.has(key)) {
                    report.problem(
                            health.spot(key),
                            "means nothing for type " + Messages.word(type)
                                    + (health.has(HealthKeys.TYPE) ? "" : " (the default)") + ", only for " + types
                                    + ": write one of these types or remove it");
                }
            }
        }

        private void onlyAnOpenPort(Section pool, Section health) {
            boolean isApi = pool.sections(PoolKeys.MEMBERS).stream()
                    .map(ParsedConfig::hostPort)
                    .anyMatch(address -> address != null && address.port() == API_PORT);
            if (isApi && health.find(HealthKeys.TYPE) == CheckPlan.Type.TCP) {
                report.warning(
                        pool.has(HealthKeys.HEALTH) ? health.spot() : pool.spot(),
                        "a tcp check sees only that port 6443 is open, which it also is while the API server cannot"
                                + " serve: write health: {type: https, path: /readyz}");
            }
        }

        private void speed(Section health) {
            Duration interval = health.find(HealthKeys.INTERVAL);
            Duration fast = health.find(HealthKeys.FAST);
            Duration timeout = health.find(HealthKeys.TIMEOUT);
            Integer fall = health.find(HealthKeys.FALL);
            if (interval == null || fast == null || timeout == null || fall == null) {
                return;
            }
            if (fast.compareTo(interval) > 0) {
                report.warning(
                        health.spot(HealthKeys.FAST),
                        Durations.format(fast) + " is slower than the interval of " + Durations.format(interval));
            }
            Duration noticed = interval.plus(fast.multipliedBy(fall - 1L)).plus(timeout);
            Duration failover = draft.slowestFailover();
            if (!failover.isZero() && noticed.compareTo(failover.compareTo(PROMPT) > 0 ? failover : PROMPT) > 0) {
                report.warning(
                        health.spot(HealthKeys.INTERVAL),
                        "a dead member is noticed after up to " + Durations.format(noticed)
                                + ", while the address moves within " + Durations.format(failover)
                                + ": write a shorter interval or timeout, or a smaller fall");
            }
        }
    }
}
