package io.hawser.lb.daemon;

import io.hawser.lb.balance.PoolSettings;
import io.hawser.lb.config.Admin;
import io.hawser.lb.config.CertificateFiles;
import io.hawser.lb.config.ClientAuth;
import io.hawser.lb.config.Config;
import io.hawser.lb.config.Health;
import io.hawser.lb.config.Kernel;
import io.hawser.lb.config.Limits;
import io.hawser.lb.config.Listener;
import io.hawser.lb.config.ListenerTls;
import io.hawser.lb.config.Member;
import io.hawser.lb.config.MemberTls;
import io.hawser.lb.config.Node;
import io.hawser.lb.config.Pool;
import io.hawser.lb.config.VirtualRouter;
import io.hawser.vrrp.Password;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Function;

/**
 * Tells in words in what two configurations differ: what was added and removed, and which keys have changed, as the file calls
 * them. It names no values, for one may be a secret. Pure; any thread.
 */
final class Difference {
    /** A key, and whether two differ in it. */
    private record Field<T>(String key, BiPredicate<T, T> differs) {
        static <T> Field<T> of(String key, Function<T, ?> value) {
            return new Field<>(key, (before, after) -> !value.apply(before).equals(value.apply(after)));
        }

        /** Of a section that may be missing: when it comes or goes, its own key says so. */
        static <T, S> Field<T> inside(Function<T, Optional<S>> section, String key, Function<S, ?> value) {
            return new Field<>(
                    key,
                    (before, after) -> section.apply(before)
                            .flatMap(was -> section.apply(after)
                                    .map(is -> !value.apply(was).equals(value.apply(is))))
                            .orElse(false));
        }
    }

    private static final List<Field<Node>> NODE = List.of(
            Field.of("address", Node::address),
            Field.of("priority", Node::priority),
            Field.of("admin-port", Node::adminPort));

    private static final List<Field<VirtualRouter>> ROUTER = List.of(
            Field.of("id", VirtualRouter::id),
            Field.of("version", router -> router.protocol().version()),
            Field.of("addresses", router -> router.holding().addresses()),
            Field.of("interface", router -> router.carrier().interfaceName()),
            Field.of("advertisement-interval", router -> router.intervals().own()),
            Field.of("transport", router -> router.protocol().transport()),
            Field.of("preempt", router -> router.takeover().preempt()),
            Field.of("checksum", router -> router.protocol().checksum()),
            Field.of("authentication", router -> password(router).isPresent()),
            Field.inside(Difference::password, "authentication.password-file", Function.identity()),
            Field.of("lease", router -> router.holding().lease()),
            Field.of("announce.count", router -> router.holding().announce().count()),
            Field.of(
                    "announce.again-after",
                    router -> router.holding().announce().againAfter()),
            Field.of("announce.refresh", router -> router.holding().announce().refresh()),
            Field.of("track.listeners", router -> router.track().listeners()),
            Field.of("track.interfaces", router -> router.track().interfaces()),
            Field.of("virtual-mac", router -> router.carrier().virtualMac()),
            Field.of("accept", router -> router.holding().accept()),
            Field.of("group", VirtualRouter::group),
            Field.of("notify", VirtualRouter::notifyCommands),
            Field.of("longest-interval", router -> router.intervals().longest()),
            Field.of("start-delay", router -> router.takeover().startDelay()));

    private static final List<Field<Listener>> LISTENER = List.of(
            Field.of("bind", Listener::bind),
            Field.of("pool", listener -> listener.routing().rest()),
            Field.of("routes", listener -> listener.routing().routes()),
            Field.of("mode", listener -> listener.tls().isPresent()),
            Field.inside(Listener::tls, "tls.certificates", ListenerTls::certificates),
            Field.inside(Listener::tls, "tls.min-version", ListenerTls::minVersion),
            Field.inside(Listener::tls, "tls.alpn", ListenerTls::alpn),
            Field.inside(
                    Listener::tls, "tls.client-auth", tls -> tls.clientAuth().isPresent()),
            Field.inside(Difference::clientAuth, "tls.client-auth.mode", ClientAuth::mode),
            Field.inside(Difference::clientAuth, "tls.client-auth.ca", ClientAuth::ca),
            Field.inside(Difference::clientAuth, "tls.client-auth.crl", ClientAuth::crl),
            Field.inside(Listener::tls, "tls.ticket-keys", ListenerTls::ticketKeys),
            Field.of("deny", listener -> listener.access().deny()),
            Field.of("allow", listener -> listener.access().allow()),
            Field.of("accept-proxy-protocol", listener -> listener.greeting().trustedProxies()),
            Field.of("idle-timeout", Listener::idleTimeout),
            Field.of("hello-timeout", listener -> listener.greeting().helloTimeout()),
            Field.of("limits.connections", Listener::connections),
            Field.of(
                    "limits.connections-per-source",
                    listener -> listener.access().connections()),
            Field.of(
                    "limits.new-per-second-per-source",
                    listener -> listener.access().newPerSecond()),
            Field.of("access-log", Listener::accessLog),
            Field.of("when-no-member", Listener::whenNoMember));

    private static final List<Field<Pool>> POOL = List.of(
            settings("balance", PoolSettings::balance),
            settings("connect-timeout", PoolSettings::connectTimeout),
            settings("retries", PoolSettings::retries),
            settings("on-down", PoolSettings::onDown),
            health("type", Health::type),
            health("path", health -> health.request().path()),
            health("port", Health::port),
            health("host", Health::host),
            health("expect", health -> health.request().expect()),
            health("on-wrong-status", health -> health.request().onWrongStatus()),
            health("interval", health -> health.timing().interval()),
            health("connect-timeout", health -> health.timing().connectTimeout()),
            health("timeout", health -> health.timing().timeout()),
            health("rise", health -> health.timing().rise()),
            health("fall", health -> health.timing().fall()),
            health("fast-interval", health -> health.timing().fastInterval()),
            health("bearer-token-file", health -> health.request().bearerTokenFile()),
            health("ca", health -> health.tls().ca()),
            health("certificate", health -> health.tls().own().map(CertificateFiles::certificate)),
            health("key", health -> health.tls().own().map(CertificateFiles::key)),
            settings("affinity", settings -> settings.distribution().affinity()),
            settings("hedge-after", PoolSettings::hedgeAfter),
            settings("slow-start", settings -> settings.distribution().slowStart()),
            settings("send-proxy-protocol", PoolSettings::sendProxyProtocol),
            Field.of("tls", pool -> pool.tls().isPresent()),
            Field.inside(Pool::tls, "tls.ca", MemberTls::ca),
            Field.inside(Pool::tls, "tls.server-name", MemberTls::serverName),
            Field.inside(Pool::tls, "tls.verify", MemberTls::verify),
            Field.inside(Pool::tls, "tls.certificate", tls -> tls.own().map(CertificateFiles::certificate)),
            Field.inside(Pool::tls, "tls.key", tls -> tls.own().map(CertificateFiles::key)),
            settings("queue.length", settings -> settings.distribution().queueLength()),
            settings("queue.timeout", settings -> settings.distribution().queueTimeout()),
            settings("rebalance", settings -> settings.distribution().rebalancePerSecond()));

    private static final List<Field<Member>> MEMBER = List.of(
            Field.of("address", Member::address),
            Field.of("weight", Member::weight),
            Field.of("backup", Member::isBackup),
            Field.of("max-connections", Member::maxConnections));

    private static final List<Field<Admin>> ADMIN = List.of(
            Field.of("bind", Admin::bind),
            Field.of("socket", Admin::socket),
            Field.of("hosts", Admin::hosts),
            Field.of("metrics.haproxy-names", Admin::haproxyNames));

    private static final List<Field<Kernel>> KERNEL = List.of(
            Field.of("ip-forward", Kernel::ipForward),
            Field.of("nonlocal-bind", Kernel::nonlocalBind),
            Field.of("ipvs", Kernel::ipvs));

    private static final List<Field<Limits>> LIMITS = List.of(
            Field.of("connections", Limits::connections),
            Field.of("fruitless-per-second-per-source", Limits::fruitless),
            Field.of("drain", Limits::drain));

    private final List<String> words = new ArrayList<>();

    private Difference() {}

    private static Field<Pool> settings(String key, Function<PoolSettings, ?> value) {
        return Field.of(key, value.compose(Pool::settings));
    }

    private static Field<Pool> health(String key, Function<Health, ?> value) {
        return Field.of("health." + key, value.compose(Pool::health));
    }

    private static Optional<Password> password(VirtualRouter router) {
        return router.protocol().password();
    }

    private static Optional<ClientAuth> clientAuth(Listener listener) {
        return listener.tls().flatMap(ListenerTls::clientAuth);
    }

    /** One line for each thing that differs; empty when nothing does. */
    static List<String> of(Config before, Config after) {
        var difference = new Difference();
        difference.named("node ", before.nodes(), after.nodes(), Node::name, NODE);
        difference.named(
                "virtual router ", before.virtualRouters(), after.virtualRouters(), VirtualRouter::name, ROUTER);
        difference.named("listener ", before.listeners(), after.listeners(), Listener::name, LISTENER);
        difference.pools(before.pools(), after.pools());
        difference.keys("admin", before.admin(), after.admin(), ADMIN);
        difference.keys("kernel", before.kernel(), after.kernel(), KERNEL);
        difference.keys("limits", before.limits(), after.limits(), LIMITS);
        if (difference.words.isEmpty() && !before.equals(after)) {
            difference.words.add("the order of things");
        }
        return List.copyOf(difference.words);
    }

    private void pools(List<Pool> before, List<Pool> after) {
        named("pool ", before, after, Pool::name, POOL);
        for (Pool next : after) {
            before.stream()
                    .filter(known -> known.name().equals(next.name()))
                    .forEach(known -> named(
                            "member " + next.name() + "/", known.members(), next.members(), Member::name, MEMBER));
        }
    }

    private <T> void named(
            String prefix, List<T> before, List<T> after, Function<T, String> name, List<Field<T>> fields) {
        Map<String, T> old = new LinkedHashMap<>();
        before.forEach(each -> old.put(name.apply(each), each));
        for (T next : after) {
            String subject = prefix + name.apply(next);
            T known = old.remove(name.apply(next));
            if (known == null) {
                words.add(subject + " added");
            } else {
                keys(subject, known, next, fields);
            }
        }
        old.keySet().forEach(gone -> words.add(prefix + gone + " removed"));
    }

    private <T> void keys(String subject, T before, T after, List<Field<T>> fields) {
        List<String> keys = fields.stream()
                .filter(field -> field.differs().test(before, after))
                .map(Field::key)
                .toList();
        if (!keys.isEmpty()) {
            words.add(subject + ": " + String.join(", ", keys));
        }
    }
}
