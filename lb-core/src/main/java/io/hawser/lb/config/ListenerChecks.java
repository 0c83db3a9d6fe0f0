package io.hawser.lb.config;

import io.hawser.sysctl.net.AddressText;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What must hold for the listeners, between them and with their pools. One thread. */
final class ListenerChecks {
    private static final InetAddress ANY_IPV4 = InetAddress.ofLiteral("0.0.0.0");

    // A name is written once or for a few sets of protocols; beyond that many, a route that nobody reaches is not told
    // of.
    private static final int MOST_SEEN = 64;

    private final ParsedConfig draft;
    private final Report report;
    private final TlsChecks tls;

    ListenerChecks(ParsedConfig draft, Report report, SourceText source) {
        this.draft = draft;
        this.report = report;
        this.tls = new TlsChecks(report, source);
    }

    void check() {
        Unique.names(report, draft.listeners(), ListenerKeys.NAME);
        binds();
        for (Section listener : draft.listeners()) {
            destination(listener);
            routes(listener.sections(ListenerKeys.ROUTES));
            mode(listener);
            tls.check(listener);
            sources(listener);
        }
        if (draft.file().has(PoolKeys.POOLS) && draft.file().find(PoolKeys.POOLS) == null) {
            return; // what is meant to be there is wrong as a whole
        }
        List<String> pools = draft.pools().stream()
                .map(pool -> pool.find(PoolKeys.NAME))
                .filter(Objects::nonNull)
                .toList();
        Set<String> known = Set.copyOf(pools);
        for (Section listener : draft.listeners()) {
            named(listener, ListenerKeys.POOL, known, pools);
            listener.sections(ListenerKeys.ROUTES)
                    .forEach(route -> named(route, ListenerKeys.ROUTE_POOL, known, pools));
        }
    }

    private void destination(Section listener) {
        if (!listener.has(ListenerKeys.POOL) && !listener.has(ListenerKeys.ROUTES)) {
            report.problem(listener.spot(), "\"pool\" is missing: write the name of a pool, or routes instead");
        } else if (listener.has(ListenerKeys.POOL) && listener.has(ListenerKeys.ROUTES)) {
            report.problem(
                    listener.spot(ListenerKeys.ROUTES),
                    "pool is written too: keep one of them; what no route takes goes to a last one with nothing but"
                            + " pool");
        }
    }

    private void routes(List<Section> routes) {
        Map<ServerName, List<Seen>> seen = new HashMap<>();
        Section rest = null;
        for (Section route : routes) {
            if (rest != null) {
                report.problem(
                        route.spot(),
                        "is never reached: " + rest.spot().path() + " at "
                                + rest.spot().at() + " names nothing but a pool and takes every connection; write that"
                                + " one last");
                return;
            }
            if (ParsedConfig.isRest(route)) {
                rest = route;
            }
            List<String> written = route.find(ListenerKeys.ROUTE_ALPN);
            if (written == null && route.has(ListenerKeys.ROUTE_ALPN)) {
                continue; // reported as wrong
            }
            Set<String> offered = written == null ? Set.of() : Set.copyOf(written);
            for (Section.Located<ServerName> one : route.items(ListenerKeys.ROUTE_SNI)) {
                Seen before = taker(seen, one.value(), offered);
                if (before != null) {
                    neverReached(one, before);
                } else {
                    seen.computeIfAbsent(one.value(), _ -> new ArrayList<>())
                            .add(new Seen(one.value(), offered, one.spot()));
                }
            }
        }
    }

    /** Who has taken the name before: itself, or the wildcard above it; null: nobody. */
    private static @Nullable Seen taker(Map<ServerName, List<Seen>> seen, ServerName name, Set<String> offered) {
        ServerName above = name.wildcardAbove();
        return Stream.of(name, above)
                .filter(Objects::nonNull)
                .flatMap(each -> seen.getOrDefault(each, List.of()).stream().limit(MOST_SEEN))
                .filter(before -> before.takes(offered))
                .min(Comparator.comparing(before -> before.spot().at(), Position.IN_ORDER))
                .orElse(null);
    }

    /** A name that a route has taken; without protocols, whatever is offered. */
    private record Seen(ServerName name, Set<String> alpn, SourceLocation spot) {
        private boolean takes(Set<String> offered) {
            boolean isOffered = !offered.isEmpty() && alpn.size() >= offered.size() && alpn.containsAll(offered);
            return alpn.isEmpty() || isOffered;
        }
    }

    private void neverReached(Section.Located<ServerName> one, Seen before) {
        boolean isSame = before.name.equals(one.value());
        report.problem(
                one.spot(),
                one.value() + " is never reached: " + before.spot.path() + " at " + before.spot.at()
                        + (isSame
                                ? " has it already: write it once"
                                : ", " + before.name + ", takes it: write the narrower name before it"));
    }

    private void sources(Section listener) {
        List<Section.Located<Cidr>> denies = listener.items(ListenerKeys.DENY);
        Map<Cidr, Section.Located<Cidr>> denied = new HashMap<>();
        Set<Integer> prefixes = new TreeSet<>();
        for (Section.Located<Cidr> each : denies) {
            denied.putIfAbsent(each.value().network(), each);
            prefixes.add(each.value().prefix());
        }
        for (Section.Located<Cidr> allowed : listener.items(ListenerKeys.ALLOW)) {
            widest(allowed.value(), prefixes, denied)
                    .ifPresent(found -> report.warning(
                            allowed.spot(),
                            allowed.value() + " lies in " + found.value() + " of "
                                    + found.spot().path() + ", which is looked at first: nobody there may connect"));
        }
        for (Section.Located<Cidr> believed : listener.items(ListenerKeys.PROXY_PROTOCOL)) {
            if (believed.value().prefix() == 0) {
                report.warning(
                        believed.spot(),
                        believed.value() + " is everybody: whoever connects can say that he is any client, also one of"
                                + " allow; name the proxies alone");
            }
        }
        Section limits = listener.section(ListenerKeys.LIMITS);
        Integer all = limits.find(ListenerKeys.CONNECTIONS);
        Integer ofOne = limits.find(ListenerKeys.PER_SOURCE);
        if (all != null && ofOne != null && ofOne > all) {
            report.warning(
                    limits.spot(ListenerKeys.PER_SOURCE),
                    ofOne + " is more than the " + all + " connections of all sources together: it limits nobody");
        }
    }

    /** The widest of the networks that an allowed one lies in, by a look for each length of prefix. */
    private static Optional<Section.Located<Cidr>> widest(
            Cidr allowed, Set<Integer> prefixes, Map<Cidr, Section.Located<Cidr>> denied) {
        return prefixes.stream()
                .filter(prefix -> prefix <= allowed.prefix())
                .map(prefix -> denied.get(new Cidr(allowed.address(), prefix).network()))
                .filter(Objects::nonNull)
                .findFirst();
    }

    private void mode(Section listener) {
        boolean isTls = listener.find(ListenerKeys.MODE) == Mode.TLS;
        if (isTls && !listener.has(ListenerKeys.TLS)) {
            report.problem(
                    listener.spot(ListenerKeys.MODE),
                    "mode tls needs a certificate: write tls: {certificate: FILE, key: FILE}");
        } else if (!isTls && listener.has(ListenerKeys.TLS)) {
            report.problem(
                    listener.spot(ListenerKeys.TLS),
                    "means nothing for mode tcp, which passes TLS on as it is: write mode: tls or remove it");
        }
    }

    private void named(Section section, Key<String> key, Set<String> known, List<String> pools) {
        String pool = section.has(key) ? section.find(key) : null;
        if (pool != null && !known.contains(pool)) {
            report.problem(section.spot(key), () -> Messages.noSuch("pool", pool, pools));
        }
    }

    private void binds() {
        Binds taken = new Binds();
        InetSocketAddress admin = draft.adminBind();
        if (admin != null) {
            SourceLocation spot = draft.file().section(ProcessKeys.ADMIN).spot(ProcessKeys.ADMIN_BIND);
            taken.add(new Section.Located<>(admin, new SourceLocation(spot.at(), ProcessKeys.ADMIN_BIND.path())), null);
        }
        for (Section listener : draft.listeners()) {
            for (Section.Located<InetSocketAddress> bind : listener.items(ListenerKeys.BIND)) {
                Binds.Bound other = taken.inTheWayOf(bind.value(), listener);
                if (other != null) {
                    clash(bind, other.bind());
                }
                taken.add(bind, listener);
                linkLocal(bind);
                ownedBySomeone(bind);
                accepted(bind);
            }
        }
        for (Section listener : draft.listeners()) {
            listener.items(ListenerKeys.BIND).forEach(bind -> withoutIpv4(bind, taken));
        }
    }

    /** [::] is IPv6 and nothing else; who has IPv4 addresses and comes from elsewhere may take it for both. */
    private void withoutIpv4(Section.Located<InetSocketAddress> bind, Binds all) {
        InetAddress address = bind.value().getAddress();
        int port = bind.value().getPort();
        if (address instanceof Inet6Address
                && address.isAnyLocalAddress()
                && draft.hasIpv4()
                && all.everywhere(port, ANY_IPV4) == null) {
            report.warning(
                    bind.spot(),
                    AddressText.of(bind.value()) + " takes IPv6 only: write bind: [\"0.0.0.0:" + port + "\", \""
                            + AddressText.of(bind.value()) + "\"] if clients come over IPv4 too");
        }
    }

    private void clash(Section.Located<InetSocketAddress> bind, Section.Located<InetSocketAddress> other) {
        boolean isDefault = other.spot().path().equals(ProcessKeys.ADMIN_BIND.path())
                && !draft.file().section(ProcessKeys.ADMIN).has(ProcessKeys.ADMIN_BIND);
        report.problem(
                bind.spot(),
                AddressText.of(bind.value()) + " clashes with " + AddressText.of(other.value()) + " of "
                        + other.spot().path()
                        + (isDefault ? " (its default)" : " at " + other.spot().at())
                        + ": write another address or port");
    }

    private void linkLocal(Section.Located<InetSocketAddress> bind) {
        InetAddress address = bind.value().getAddress();
        if (address instanceof Inet6Address && address.isLinkLocalAddress()) {
            report.problem(
                    bind.spot(),
                    AddressText.of(address) + " is link-local, which cannot be listened on without naming an interface:"
                            + " write a global or unique local (fd00::/8) address");
        }
    }

    private void accepted(Section.Located<InetSocketAddress> bind) {
        Section router = draft.droppedBy(bind.value().getAddress());
        if (router != null) {
            report.problem(
                    bind.spot(),
                    AddressText.of(bind.value().getAddress()) + " is an address of "
                            + router.spot().path() + ", which drops what is sent to it (accept: false at "
                            + router.spot(RouterKeys.ACCEPT).at()
                            + "): write accept: true there, or listen on another address");
        }
    }

    private void ownedBySomeone(Section.Located<InetSocketAddress> bind) {
        InetAddress address = bind.value().getAddress();
        boolean isKnown = address.isAnyLocalAddress()
                || address.isLoopbackAddress()
                || draft.virtual(address) != null
                || draft.nodeAt(address) != null
                || draft.isOnThisHost(address);
        if (!isKnown) {
            report.warning(
                    bind.spot(),
                    AddressText.of(address) + " is neither a virtual address nor on this host:"
                            + " no connection will arrive until it is");
        }
    }
}
