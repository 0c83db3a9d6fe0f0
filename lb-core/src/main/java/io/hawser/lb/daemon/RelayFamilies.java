package io.hawser.lb.daemon;

import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.proxy.NotAccepting;
import io.hawser.lb.proxy.ProxyStats;
import io.hawser.lb.proxy.ProxyStats.HandshakeStats;
import io.hawser.lb.proxy.ProxyStats.ListenerStats;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The metrics of the relay. Thread admin-pages. */
final class RelayFamilies {
    private final MetricFamilies families;
    private final Supplier<ProxyStats> source;

    private RelayFamilies(MetricFamilies families, Supplier<ProxyStats> source) {
        this.families = families;
        this.source = source;
    }

    static void register(MetricFamilies families, Supplier<ProxyStats> source) {
        var all = new RelayFamilies(families, source);
        all.connections();
        all.handshakes();
        all.loops();
    }

    private void listeners(Consumer<ListenerStats> each) {
        source.get().listeners().forEach(each);
    }

    private void connections() {
        families.gauge(
                "hawser_connections_active",
                "Open connections",
                rows -> listeners(each -> rows.count(each.active(), "listener", each.name())));
        families.counter(
                "hawser_connections",
                "Ended connections, by member and outcome",
                rows -> listeners(each -> each.endings()
                        .forEach(ending -> rows.count(
                                ending.count(),
                                "listener",
                                each.name(),
                                "member",
                                ending.member(),
                                "outcome",
                                ending.outcome().label()))));
        families.counter(
                "hawser_bytes",
                "Bytes relayed: in from clients, out to clients",
                rows -> listeners(each -> {
                    rows.count(each.fromClients(), "listener", each.name(), "direction", "in");
                    rows.count(each.fromMembers(), "listener", each.name(), "direction", "out");
                }));
        families.counter(
                "hawser_sources_uncounted",
                "Connections accepted without a limit for their source, as the table of sources was full",
                rows -> listeners(each -> rows.count(each.uncounted(), "listener", each.name())));
        families.histogram(
                "hawser_connect_seconds",
                "Time to connect to a member",
                rows -> source.get().connects().forEach(times -> rows.add(bins(times), "pool", times.pool())));
    }

    /** Of listeners that have seen any. */
    private void handshakes(Consumer<HandshakeStats> each) {
        listeners(listener -> {
            HandshakeStats handshakes = listener.handshakes();
            if (handshakes.times().count() > 0 || !handshakes.failures().isEmpty()) {
                each.accept(handshakes);
            }
        });
    }

    private void handshakes() {
        families.histogram(
                "hawser_tls_handshake_seconds",
                "Duration of a TLS handshake with a client",
                rows -> handshakes(each ->
                        rows.add(bins(each.times()), "listener", each.times().pool())));
        families.counter(
                "hawser_tls_resumed",
                "TLS handshakes with clients that resumed a session",
                rows -> handshakes(each ->
                        rows.count(each.resumed(), "listener", each.times().pool())));
        families.counter(
                "hawser_tls_handshake_failures",
                "Failed TLS handshakes with clients, by reason",
                rows -> handshakes(each -> each.failures()
                        .forEach((reason, count) ->
                                rows.count(count, "listener", each.times().pool(), "reason", reason.label()))));
    }

    private void loops() {
        families.gauge(
                "hawser_loop_lag_seconds",
                "How late the event loop's last timer ran",
                rows -> source.get()
                        .loops()
                        .forEach(loop -> rows.add(loop.lagSeconds(), "loop", "io-" + loop.index())));
        families.gauge(
                "hawser_not_accepting_seconds",
                "How long no connections have been accepted for lack of memory or descriptors; 0 while they are accepted",
                rows -> {
                    NotAccepting not = source.get().notAccepting();
                    rows.add(not == null ? 0 : not.lasting().toNanos() / 1e9);
                });
        families.counter(
                "hawser_shortages",
                "Failures to get a descriptor, a port or memory",
                rows -> rows.count(source.get().shortages()));
    }

    private static MetricFamilies.Bins bins(ProxyStats.ConnectStats times) {
        List<ProxyStats.Bucket> buckets = times.buckets();
        int size = buckets.size();
        double[] bounds = new double[size + 1];
        long[] counts = new long[size + 1];
        long before = 0;
        for (int i = 0; i < size; i++) {
            bounds[i] = buckets.get(i).atMostSeconds();
            counts[i] = buckets.get(i).count() - before;
            before = buckets.get(i).count();
        }
        bounds[size] = Double.POSITIVE_INFINITY;
        counts[size] = Math.max(0, times.count() - before);
        return new MetricFamilies.Bins(bounds, counts, times.sumSeconds());
    }
}
