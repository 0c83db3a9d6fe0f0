package io.hawser.lb.admin;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Every metric of hawser. Recorders may be used from any thread and do not allocate; suppliers are called at each scrape
 * on the thread {@code admin-pages} and must return a snapshot at once. What a supplier no longer names is no longer shown.
 */
public final class Metrics implements AutoCloseable {
    /*
     * The families are collected straight from the suppliers' snapshots, so that a reload needs no registering and
     * unregistering of meters; micrometer adds the JVM's meters and writes the text. Its registry is built
     * late and on a thread of its own: loading it takes longer than everything else of a start together.
     */

    private static final double[] LATE = {0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1};
    private static final double[] NETWORK = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5
    };

    private final Families families = new Families();
    private final InstantSource clock;
    private final Latency tickLate = new Latency(LATE);
    private final LatencyFamily check = new LatencyFamily(NETWORK, "pool", "member");
    private @Nullable PrometheusMeterRegistry registry;
    private @Nullable JvmGcMetrics collections;

    /** A virtual router: its name, state, and transitions so far by where to and why. */
    public record RouterSample(String router, RouterState state, Map<Transition, Long> transitions) {
        /** A kind of transition; {@code cause} is one of a few fixed words, never free text. */
        public record Transition(RouterState to, String cause) {}
    }

    /**
     * All VRRP packets of this process: adverts sent, adverts accepted, and packets discarded by reason.
     *
     * @param arrived about how many packets arrived that anybody on the network can flood with, by protocol
     */
    public record VrrpSample(
            long advertsSent,
            long advertsReceived,
            Map<String, Long> discarded,
            long conflicts,
            Map<String, Long> alarms,
            Map<String, Long> arrived) {}

    /** How often the commands of a router's {@code notify} ended in a way. Immutable. */
    public record NotificationSample(String router, String outcome, long count) {}

    /** A virtual address: whether it is on this node's interface. */
    public record AddressSample(String address, boolean present) {}

    /** Another node: whether it answers. */
    public record PeerSample(String peer, boolean up) {}

    /** Whether a section of another node's configuration differs from this node's. */
    public record DifferenceSample(String peer, String section, boolean differs) {}

    /**
     * A listener: open connections, ended connections by member and outcome, and bytes by direction.
     *
     * @param received bytes from clients
     * @param sent bytes to clients
     * @param uncounted connections let in although there was no room to count their source
     */
    public record ListenerSample(
            String listener, long active, Map<Outcome, Long> connections, long received, long sent, long uncounted) {
        /** How connections ended; {@code member} is empty when none was reached; {@code outcome} is a fixed word. */
        public record Outcome(String member, String outcome) {}
    }

    /** A member of a pool: whether it takes connections, how many it has, and how many wait for a place there. */
    public record MemberSample(String pool, String member, boolean up, long connections, long queued) {}

    /**
     * TLS handshakes with the clients of a listener.
     *
     * @param times how long those took that were completed; the pool is the listener
     * @param resumed how many of them went on with an earlier session
     * @param failures how many failed, by reason
     */
    public record HandshakeSample(ConnectSample times, long resumed, Map<String, Long> failures) {
        /** Copies the map. */
        public HandshakeSample {
            failures = Map.copyOf(failures);
        }

        String listener() {
            return times.pool();
        }
    }

    /**
     * How long connecting to a pool's members took.
     *
     * @param pool its name
     * @param atMostSeconds upper bounds of the bins, rising, without the infinite one
     * @param cumulative how many took at most that long, one for each bound
     * @param count all of them
     * @param sumSeconds their sum
     */
    public record ConnectSample(
            String pool, List<Double> atMostSeconds, List<Long> cumulative, long count, double sumSeconds) {
        /** Copies the lists. */
        public ConnectSample {
            atMostSeconds = List.copyOf(atMostSeconds);
            cumulative = List.copyOf(cumulative);
        }

        Families.Bins bins() {
            int size = atMostSeconds.size();
            double[] bounds = new double[size + 1];
            long[] counts = new long[size + 1];
            long before = 0;
            for (int i = 0; i < size; i++) {
                bounds[i] = atMostSeconds.get(i);
                counts[i] = cumulative.get(i) - before;
                before = cumulative.get(i);
            }
            bounds[size] = Double.POSITIVE_INFINITY;
            counts[size] = Math.max(0, count - before);
            return new Families.Bins(bounds, counts, sumSeconds);
        }
    }

    /** A certificate file: when the first certificate of its chain that expires does so. */
    public record CertificateSample(String file, Instant expiresAt) {}

    /** Reloads so far by outcome, and when the configuration that runs was loaded. */
    public record ReloadSample(Map<String, Long> outcomes, Instant loadedAt) {}

    /** An event loop: how late its last timer ran. */
    public record LoopSample(String loop, Duration lag) {}

    /**
     * Metrics without any source yet.
     *
     * @param version of the running process, shown by {@code hawser_build_info}
     * @param clock wall clock, for the time to a certificate's expiry
     */
    public Metrics(String version, InstantSource clock) {
        this.clock = requireNonNull(clock, "clock");
        families.gauge(
                "hawser_build_info",
                "Always 1; the labels tell the version",
                rows -> rows.add(
                        1, "version", version, "java", Runtime.version().toString()));
        families.histogram(
                "hawser_vrrp_tick_late_seconds",
                "How late the timers of the vrrp thread ran",
                rows -> rows.add(tickLate));
        families.histogram("hawser_check_seconds", "Time of a health check", check::collect);
    }

    /** Where the state of the virtual routers comes from. */
    public void routers(Supplier<List<RouterSample>> source) {
        families.gauge(
                "hawser_vrrp_state",
                "State of a virtual router: 0 initialize, 1 backup, 2 active",
                rows -> source.get().forEach(router -> rows.count(router.state().code(), "router", router.router())));
        families.counter(
                "hawser_vrrp_transitions",
                "Changes of a virtual router's state",
                rows -> source.get()
                        .forEach(router -> router.transitions()
                                .forEach((transition, count) -> rows.count(
                                        count,
                                        "router",
                                        router.router(),
                                        "to",
                                        JsonWriter.word(transition.to()),
                                        "cause",
                                        transition.cause()))));
    }

    /** Where the packet counts come from. */
    public void vrrp(Supplier<VrrpSample> source) {
        families.counter(
                "hawser_vrrp_adverts_sent",
                "Advertisements sent",
                rows -> rows.count(source.get().advertsSent()));
        families.counter(
                "hawser_vrrp_adverts_received",
                "Advertisements accepted",
                rows -> rows.count(source.get().advertsReceived()));
        families.counter(
                "hawser_vrrp_discarded",
                "VRRP packets discarded, by reason",
                rows -> source.get().discarded().forEach((reason, count) -> rows.count(count, "reason", reason)));
        families.counter(
                "hawser_vip_conflicts",
                "Times that another machine answered for a virtual address",
                rows -> rows.count(source.get().conflicts()));
        families.counter(
                "hawser_vrrp_alarms",
                "Times that something was seen which a human should look at, by kind",
                rows -> source.get().alarms().forEach((kind, count) -> rows.count(count, "kind", kind)));
        families.counter(
                "hawser_link_packets_estimated",
                "VRRP, ARP and neighbour discovery packets that arrived, whoever they were for; an estimate from one in"
                        + " 1024",
                rows -> source.get().arrived().forEach((protocol, count) -> rows.count(count, "protocol", protocol)));
    }

    /** Where it is counted what became of the commands that are run at changes of state. */
    public void notifications(Supplier<List<NotificationSample>> source) {
        families.counter(
                "hawser_notify_commands",
                "Commands run at changes of state, by what became of them",
                rows -> source.get()
                        .forEach(each -> rows.count(each.count(), "router", each.router(), "outcome", each.outcome())));
    }

    /** Where the presence of the virtual addresses comes from. */
    public void addresses(Supplier<List<AddressSample>> source) {
        families.gauge(
                "hawser_vip_present",
                "1 when the virtual address is on this node",
                rows -> source.get()
                        .forEach(address -> rows.count(address.present() ? 1 : 0, "address", address.address())));
    }

    /** Where the state of the other nodes comes from. */
    public void peers(Supplier<List<PeerSample>> source) {
        families.gauge(
                "hawser_peer_up",
                "1 when the other node answers",
                rows -> source.get().forEach(peer -> rows.count(peer.up() ? 1 : 0, "peer", peer.peer())));
    }

    /** Where comes from what differs between the nodes' configurations. */
    public void differences(Supplier<List<DifferenceSample>> source) {
        families.gauge(
                "hawser_peer_config_differs",
                "Whether a section of another node's configuration differs from this node's, for longer than a rolling"
                        + " reload takes",
                rows -> source.get()
                        .forEach(each ->
                                rows.count(each.differs() ? 1 : 0, "peer", each.peer(), "section", each.section())));
    }

    /** Where it is known whether this node can serve. */
    public void fit(BooleanSupplier source) {
        families.gauge("hawser_fit", "1 when this node can serve", rows -> rows.count(source.getAsBoolean() ? 1 : 0));
    }

    /** Where the counts of the listeners come from. */
    public void listeners(Supplier<List<ListenerSample>> source) {
        families.gauge(
                "hawser_connections_active",
                "Open connections",
                rows -> source.get()
                        .forEach(listener -> rows.count(listener.active(), "listener", listener.listener())));
        families.counter(
                "hawser_connections",
                "Ended connections, by member and outcome",
                rows -> source.get()
                        .forEach(listener -> listener.connections()
                                .forEach((outcome, count) -> rows.count(
                                        count,
                                        "listener",
                                        listener.listener(),
                                        "member",
                                        outcome.member(),
                                        "outcome",
                                        outcome.outcome()))));
        families.counter(
                "hawser_bytes",
                "Bytes relayed: in from clients, out to clients",
                rows -> source.get().forEach(listener -> {
                    rows.count(listener.received(), "listener", listener.listener(), "direction", "in");
                    rows.count(listener.sent(), "listener", listener.listener(), "direction", "out");
                }));
        families.counter(
                "hawser_sources_uncounted",
                "Connections let in although there was no room to count their source",
                rows -> source.get()
                        .forEach(listener -> rows.count(listener.uncounted(), "listener", listener.listener())));
    }

    /** Where the times to connect to members come from. */
    public void connects(Supplier<List<ConnectSample>> source) {
        families.histogram(
                "hawser_connect_seconds",
                "Time to connect to a member",
                rows -> source.get().forEach(pool -> rows.add(pool.bins(), "pool", pool.pool())));
    }

    /** Where the state of the members comes from. */
    public void members(Supplier<List<MemberSample>> source) {
        families.gauge(
                "hawser_member_up",
                "1 when the member takes connections",
                rows -> source.get()
                        .forEach(member ->
                                rows.count(member.up() ? 1 : 0, "pool", member.pool(), "member", member.member())));
        families.gauge(
                "hawser_member_connections",
                "Open connections to the member",
                rows -> source.get()
                        .forEach(member ->
                                rows.count(member.connections(), "pool", member.pool(), "member", member.member())));
        families.gauge(
                "hawser_member_queued",
                "Connections that wait for a place at the member",
                rows -> source.get()
                        .forEach(member ->
                                rows.count(member.queued(), "pool", member.pool(), "member", member.member())));
    }

    /** Where the counts of TLS handshakes with clients come from. */
    public void handshakes(Supplier<List<HandshakeSample>> source) {
        families.histogram(
                "hawser_tls_handshake_seconds",
                "Time of a TLS handshake with a client",
                rows -> source.get()
                        .forEach(listener -> rows.add(listener.times().bins(), "listener", listener.listener())));
        families.counter(
                "hawser_tls_resumed",
                "TLS handshakes with clients that went on with an earlier session",
                rows -> source.get()
                        .forEach(listener -> rows.count(listener.resumed(), "listener", listener.listener())));
        families.counter(
                "hawser_tls_handshake_failures",
                "TLS handshakes with clients that failed, by reason",
                rows -> source.get()
                        .forEach(listener -> listener.failures()
                                .forEach((reason, count) ->
                                        rows.count(count, "listener", listener.listener(), "reason", reason))));
    }

    /** Where the number of times comes from that changed TLS files could not be used. */
    public void refusedFiles(LongSupplier source) {
        families.counter(
                "hawser_tls_files_refused",
                "Times that changed TLS files could not be used and the old ones were kept",
                rows -> rows.count(source.getAsLong()));
    }

    /** Where the certificates' expiry comes from. */
    public void certificates(Supplier<List<CertificateSample>> source) {
        families.gauge(
                "hawser_certificate_expiry_seconds",
                "Time until the certificate expires",
                rows -> source.get()
                        .forEach(certificate -> rows.count(
                                Duration.between(clock.instant(), certificate.expiresAt())
                                        .toSeconds(),
                                "file",
                                certificate.file())));
    }

    /** Where the lateness of the event loops comes from. */
    public void loops(Supplier<List<LoopSample>> source) {
        families.gauge(
                "hawser_loop_lag_seconds",
                "How late the event loop's last timer ran",
                rows -> source.get().forEach(loop -> rows.add(loop.lag().toNanos() / 1e9, "loop", loop.loop())));
    }

    /**
     * Whether connections are accepted.
     *
     * @param not for how long none have been, for lack of memory or descriptors; zero while they are
     * @param shortages times that descriptors, ports or memory were not to be had
     */
    public record AcceptingSample(Duration not, long shortages) {}

    /** Where it comes from whether connections are accepted. */
    public void accepting(Supplier<AcceptingSample> source) {
        families.gauge(
                "hawser_not_accepting_seconds",
                "For how long no connections have been accepted, for lack of memory or descriptors; 0 while they are",
                rows -> rows.add(source.get().not().toNanos() / 1e9));
        families.counter(
                "hawser_shortages",
                "Times that descriptors, ports or memory were not to be had",
                rows -> rows.count(source.get().shortages()));
    }

    /** Where the counts of reloads come from. */
    public void reloads(Supplier<ReloadSample> source) {
        families.counter(
                "hawser_reloads",
                "Times that the configuration file was read again, by what came of it",
                rows -> source.get().outcomes().forEach((outcome, count) -> rows.count(count, "outcome", outcome)));
        families.gauge(
                "hawser_config_loaded_timestamp_seconds",
                "When the configuration that runs was loaded, in seconds since 1970",
                rows -> rows.add(source.get().loadedAt().toEpochMilli() / 1e3));
    }

    /** Where the counts of the access log come from. */
    public void accessLog(LongSupplier written, LongSupplier dropped) {
        families.counter("hawser_access_log_lines", "Lines of the access log", rows -> rows.count(written.getAsLong()));
        families.counter(
                "hawser_access_log_dropped",
                "Lines of the access log that were dropped, as its destination did not keep up",
                rows -> rows.count(dropped.getAsLong()));
    }

    /**
     * The connections of the admin server.
     *
     * @param active open ones, by kind
     * @param closed how many this process closed, by reason
     */
    record AdminSample(Map<String, Long> active, Map<String, Long> closed) {}

    /** Where the counts of the admin server come from. */
    void admin(Supplier<AdminSample> source) {
        families.gauge(
                "hawser_admin_connections",
                "Open connections to the admin port and socket, by whose places they have",
                rows -> source.get().active().forEach((kind, count) -> rows.count(count, "kind", kind)));
        families.counter(
                "hawser_admin_connections_closed",
                "Connections to the admin port and socket that were closed although the client had not gone, by reason",
                rows -> source.get().closed().forEach((reason, count) -> rows.count(count, "reason", reason)));
    }

    /** Shows the most used metrics under HAProxy's names too, for each sample: one, or none when they are not wanted. */
    public void haproxyNames(Supplier<List<HaproxyNames.Sample>> source) {
        HaproxyNames.add(families, source);
    }

    /** Records how late the timers of the vrrp thread ran. */
    public Latency tickLate() {
        return tickLate;
    }

    /** Records times of health checks, by pool and member. */
    public LatencyFamily check() {
        return check;
    }

    /** Builds the registry and the JVM's meters, which the first scrape would do otherwise. Any thread. */
    void prepare() {
        registry();
    }

    /**
     * All metrics as text. Thread admin-pages.
     *
     * @param openMetrics as OpenMetrics, and not as Prometheus text
     */
    Reply scrape(boolean openMetrics) {
        String type = openMetrics
                ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                : "text/plain; version=0.0.4; charset=utf-8";
        var bytes = new ByteArrayOutputStream(16_384);
        try {
            registry().scrape(bytes, type);
        } catch (IOException e) {
            throw new UncheckedIOException("writing metrics into memory failed", e);
        }
        return Reply.ok(type, bytes.toByteArray());
    }

    /** Stops listening to the collector's notifications. */
    @Override
    public synchronized void close() {
        if (collections != null) {
            collections.close();
        }
        if (registry != null) {
            registry.close();
        }
    }

    private synchronized PrometheusMeterRegistry registry() {
        if (registry == null) {
            registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            registry.getPrometheusRegistry().register(families);
            collections = new JvmGcMetrics();
            collections.bindTo(registry);
            new JvmMemoryMetrics().bindTo(registry);
            new JvmThreadMetrics().bindTo(registry);
            new ClassLoaderMetrics().bindTo(registry);
            new ProcessorMetrics().bindTo(registry);
            new FileDescriptorMetrics().bindTo(registry);
            new UptimeMetrics().bindTo(registry);
        }
        return registry;
    }
}
