package io.hawser.lb.config;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What must hold for the listeners, between them and with their pools. One thread. */
final class ListenerChecks {
    private final Draft draft;
    private final Report report;
    private final TlsChecks tls;

    ListenerChecks(Draft draft, Report report, SourceText source) {
        this.draft = draft;
        this.report = report;
        this.tls = new TlsChecks(report, source);
    }

    void check() {
        Unique.names(report, draft.listeners(), Keys.LISTENER_NAME);
        binds();
        for (Section listener : draft.listeners()) {
            destination(listener);
            routes(listener.sections(Keys.LISTENER_ROUTES));
            mode(listener);
            tls.check(listener);
            sources(listener);
        }
        if (draft.file().has(Keys.POOLS) && draft.file().find(Keys.POOLS) == null) {
            return; // what is meant to be there is wrong as a whole
        }
        List<String> pools = draft.pools().stream()
                .map(pool -> pool.find(Keys.POOL_NAME))
                .filter(Objects::nonNull)
                .toList();
        for (Section listener : draft.listeners()) {
            named(listener, Keys.LISTENER_POOL, pools);
            listener.sections(Keys.LISTENER_ROUTES).forEach(route -> named(route, Keys.ROUTE_POOL, pools));
        }
    }

    private void destination(Section listener) {
        if (!listener.has(Keys.LISTENER_POOL) && !listener.has(Keys.LISTENER_ROUTES)) {
            report.problem(listener.spot(), "\"pool\" is missing: write the name of a pool, or routes instead");
        } else if (listener.has(Keys.LISTENER_POOL) && listener.has(Keys.LISTENER_ROUTES)) {
            report.problem(
                    listener.spot(Keys.LISTENER_ROUTES),
                    "pool is written too: keep one of them; what no route takes goes to a last one with nothing but"
                            + " pool");
        }
    }

    private void routes(List<Section> routes) {
        List<Seen> seen = new ArrayList<>();
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
            if (Draft.isRest(route)) {
                rest = route;
            }
            List<String> written = route.find(Keys.ROUTE_ALPN);
            if (written == null && route.has(Keys.ROUTE_ALPN)) {
                continue; // reported as wrong
            }
            List<String> offered = written == null ? List.of() : written;
            for (Section.Located<ServerName> one : route.items(Keys.ROUTE_SNI)) {
                seen.stream()
                        .filter(before -> before.takes(one.value(), offered))
                        .findFirst()
                        .ifPresent(before -> neverReached(one, before));
                seen.add(new Seen(one.value(), offered, one.spot()));
            }
        }
    }

    /** A name that a route has taken; without protocols, whatever is offered. */
    private record Seen(ServerName name, List<String> alpn, Spot spot) {
        private boolean takes(ServerName other, List<String> offered) {
            boolean isOffered = !offered.isEmpty() && alpn.containsAll(offered);
            return name.covers(other) && (alpn.isEmpty() || isOffered);
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
        for (Section.Located<Cidr> allowed : listener.items(Keys.LISTENER_ALLOW)) {
            listener.items(Keys.LISTENER_DENY).stream()
                    .filter(denied -> denied.value().covers(allowed.value()))
                    .findFirst()
                    .ifPresent(denied -> report.warning(
                            allowed.spot(),
                            allowed.value() + " lies in " + denied.value() + " of "
                                    + denied.spot().path() + ", which is looked at first: nobody there may connect"));
        }
        for (Section.Located<Cidr> believed : listener.items(Keys.LISTENER_PROXY_PROTOCOL)) {
            if (believed.value().prefix() == 0) {
                report.warning(
                        believed.spot(),
                        believed.value() + " is everybody: whoever connects can say that he is any client, also one of"
                                + " allow; name the proxies alone");
            }
        }
        Section limits = listener.section(Keys.LISTENER_LIMITS);
        Integer all = limits.find(Keys.LISTENER_CONNECTIONS);
        Integer ofOne = limits.find(Keys.LISTENER_PER_SOURCE);
        if (all != null && ofOne != null && ofOne > all) {
            report.warning(
                    limits.spot(Keys.LISTENER_PER_SOURCE),
                    ofOne + " is more than the " + all + " connections of all sources together: it limits nobody");
        }
    }

    private void mode(Section listener) {
        boolean isTls = listener.find(Keys.LISTENER_MODE) == Mode.TLS;
        if (isTls && !listener.has(Keys.LISTENER_TLS)) {
            report.problem(
                    listener.spot(Keys.LISTENER_MODE),
                    "mode tls needs a certificate: write tls: {certificate: FILE, key: FILE}");
        } else if (!isTls && listener.has(Keys.LISTENER_TLS)) {
            report.problem(
                    listener.spot(Keys.LISTENER_TLS),
                    "means nothing for mode tcp, which passes TLS on as it is: write mode: tls or remove it");
        }
    }

    private void named(Section section, Key<String> key, List<String> pools) {
        String pool = section.has(key) ? section.find(key) : null;
        if (pool != null && !pools.contains(pool)) {
            report.problem(section.spot(key), () -> Wording.noSuch("pool", pool, pools));
        }
    }

    private void binds() {
        List<Section.Located<InetSocketAddress>> taken = new ArrayList<>();
        InetSocketAddress admin = draft.adminBind();
        if (admin != null) {
            Spot spot = draft.file().section(Keys.ADMIN).spot(Keys.ADMIN_BIND);
            taken.add(new Section.Located<>(admin, new Spot(spot.at(), Keys.ADMIN_BIND.path())));
        }
        for (Section listener : draft.listeners()) {
            for (Section.Located<InetSocketAddress> bind : listener.items(Keys.LISTENER_BIND)) {
                taken.stream()
                        .filter(other -> overlap(other.value(), bind.value()))
                        .findFirst()
                        .ifPresent(other -> clash(bind, other));
                taken.add(bind);
                linkLocal(bind);
                ownedBySomeone(bind);
                accepted(bind);
            }
        }
    }

    private void clash(Section.Located<InetSocketAddress> bind, Section.Located<InetSocketAddress> other) {
        boolean isDefault = other.spot().path().equals(Keys.ADMIN_BIND.path())
                && !draft.file().section(Keys.ADMIN).has(Keys.ADMIN_BIND);
        report.problem(
                bind.spot(),
                show(bind.value()) + " clashes with " + show(other.value()) + " of "
                        + other.spot().path()
                        + (isDefault ? " (its default)" : " at " + other.spot().at())
                        + ": write another address or port");
    }

    /** Whether the kernel refuses to listen on both at the same time. */
    static boolean overlap(InetSocketAddress a, InetSocketAddress b) {
        return a.getPort() == b.getPort()
                && (a.getAddress().equals(b.getAddress())
                        || covers(a.getAddress(), b.getAddress())
                        || covers(b.getAddress(), a.getAddress()));
    }

    /** Whether listening on the wildcard address takes connections to the other; [::] takes those of IPv4 too. */
    static boolean covers(InetAddress wildcard, InetAddress other) {
        return wildcard.isAnyLocalAddress() && (!(wildcard instanceof Inet4Address) || other instanceof Inet4Address);
    }

    private void linkLocal(Section.Located<InetSocketAddress> bind) {
        InetAddress address = bind.value().getAddress();
        if (address instanceof Inet6Address && address.isLinkLocalAddress()) {
            report.problem(
                    bind.spot(),
                    Addresses.show(address) + " is link-local, which cannot be listened on without naming an interface:"
                            + " write a global or unique local (fd00::/8) address");
        }
    }

    private void accepted(Section.Located<InetSocketAddress> bind) {
        for (Section router : draft.routers()) {
            boolean isDropped = Boolean.FALSE.equals(router.find(Keys.ROUTER_ACCEPT))
                    && router.items(Keys.ROUTER_ADDRESSES).stream()
                            .anyMatch(one ->
                                    one.value().address().equals(bind.value().getAddress()));
            if (isDropped) {
                report.problem(
                        bind.spot(),
                        Addresses.show(bind.value().getAddress()) + " is an address of "
                                + router.spot().path() + ", which drops what is sent to it (accept: false at "
                                + router.spot(Keys.ROUTER_ACCEPT).at()
                                + "): write accept: true there, or listen on another address");
            }
        }
    }

    private void ownedBySomeone(Section.Located<InetSocketAddress> bind) {
        InetAddress address = bind.value().getAddress();
        boolean isKnown = address.isAnyLocalAddress()
                || address.isLoopbackAddress()
                || draft.virtual(address) != null
                || draft.nodeAt(address) != null
                || draft.environment().addresses().contains(address);
        if (!isKnown) {
            report.warning(
                    bind.spot(),
                    Addresses.show(address) + " is neither a virtual address nor on this host:"
                            + " no connection will arrive until it is");
        }
    }

    static String show(InetSocketAddress address) {
        String host = Addresses.show(address.getAddress());
        return address.getAddress() instanceof Inet4Address
                ? host + ":" + address.getPort()
                : "[" + host + "]:" + address.getPort();
    }
}
