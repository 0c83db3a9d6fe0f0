package io.hawser.lb.admin;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The most used of HAProxy's metrics, under its names and labels, so that dashboards and alerts made for it go on working.
 * A listener is a frontend, a pool a backend, a member a server. Nothing is shown while the source gives nothing.
 */
public final class HaproxyNames {

    /**
     * A listener.
     *
     * @param name its name
     * @param isUp whether it is bound
     * @param current connections now
     * @param limit most connections
     * @param total connections accepted
     * @param in bytes from clients
     * @param out bytes to clients
     */
    public record Frontend(String name, boolean isUp, long current, long limit, long total, long in, long out) {}

    /**
     * A member.
     *
     * @param proxy its pool
     * @param name its name
     * @param state what HAProxy calls its state: UP, DOWN, DRAIN or NOLB
     * @param isBackup whether it is used only while no other is
     * @param weight its share
     * @param current connections now
     * @param total connections established
     * @param errors attempts to connect that failed
     */
    public record Server(
            String proxy,
            String name,
            String state,
            boolean isBackup,
            long weight,
            long current,
            long total,
            long errors) {}

    /** Everything at one moment; {@code current} and {@code most} are connections of the process. */
    public record Sample(
            List<Frontend> frontends, List<Server> servers, long current, long most, double uptimeSeconds) {
        /** Copies the lists. */
        public Sample {
            frontends = List.copyOf(frontends);
            servers = List.copyOf(servers);
        }
    }

    private static final List<String> PROXY_STATES = List.of("DOWN", "UP");
    private static final List<String> SERVER_STATES = List.of("DOWN", "UP", "DRAIN", "NOLB");

    private final MetricFamilies families;
    private final Supplier<List<Sample>> source;

    private HaproxyNames(MetricFamilies families, Supplier<List<Sample>> source) {
        this.families = families;
        this.source = source;
    }

    /**
     * Registers the families.
     *
     * @param source one sample, or none when the names are not wanted
     */
    public static void register(MetricFamilies families, Supplier<List<Sample>> source) {
        var names = new HaproxyNames(families, source);
        names.addProcess();
        names.addFrontends();
        names.addBackends();
        names.addServers();
    }

    private void addProcess() {
        families.gauge(
                "haproxy_process_current_connections",
                "Open connections",
                rows -> source.get().forEach(now -> rows.count(now.current())));
        families.gauge(
                "haproxy_process_max_connections",
                "Limit of open connections",
                rows -> source.get().forEach(now -> rows.count(now.most())));
        families.gauge(
                "haproxy_process_uptime_seconds",
                "Time since the start",
                rows -> source.get().forEach(now -> rows.add(now.uptimeSeconds())));
    }

    private void addFrontends() {
        families.gauge(
                "haproxy_frontend_status",
                "1 for the state the listener is in",
                rows -> frontends(each -> PROXY_STATES.forEach(state ->
                        rows.count(state.equals("UP") == each.isUp() ? 1 : 0, "proxy", each.name(), "state", state))));
        frontendGauge("current_sessions", "Open connections", Frontend::current);
        frontendGauge("limit_sessions", "Limit of open connections", Frontend::limit);
        frontendCounter("sessions", "Connections accepted", Frontend::total);
        frontendCounter("connections", "Connections accepted", Frontend::total);
        frontendCounter("bytes_in", "Bytes from clients", Frontend::in);
        frontendCounter("bytes_out", "Bytes to clients", Frontend::out);
    }

    private void frontends(Consumer<Frontend> each) {
        source.get().forEach(now -> now.frontends().forEach(each));
    }

    private void frontendGauge(String name, String help, Function<Frontend, Long> value) {
        families.gauge(
                "haproxy_frontend_" + name,
                help,
                rows -> frontends(each -> rows.count(value.apply(each), "proxy", each.name())));
    }

    private void frontendCounter(String name, String help, Function<Frontend, Long> value) {
        families.counter(
                "haproxy_frontend_" + name,
                help,
                rows -> frontends(each -> rows.count(value.apply(each), "proxy", each.name())));
    }

    private void addBackends() {
        families.gauge(
                "haproxy_backend_status",
                "1 for the state the pool is in",
                rows -> usable(false)
                        .forEach((proxy, count) -> PROXY_STATES.forEach(state -> rows.count(
                                state.equals("UP") == (count + usable(true).getOrDefault(proxy, 0L) > 0) ? 1 : 0,
                                "proxy",
                                proxy,
                                "state",
                                state))));
        families.gauge(
                "haproxy_backend_active_servers",
                "Members that are up, without backups",
                rows -> usable(false).forEach((proxy, count) -> rows.count(count, "proxy", proxy)));
        families.gauge(
                "haproxy_backend_backup_servers",
                "Backup members that are up",
                rows -> usable(true).forEach((proxy, count) -> rows.count(count, "proxy", proxy)));
        families.gauge(
                "haproxy_backend_current_sessions",
                "Open connections",
                rows -> servers(each -> rows.count(each.current(), "proxy", each.proxy())));
        families.counter(
                "haproxy_backend_sessions",
                "Connections established",
                rows -> servers(each -> rows.count(each.total(), "proxy", each.proxy())));
        families.counter(
                "haproxy_backend_connection_errors",
                "Failed attempts to connect",
                rows -> servers(each -> rows.count(each.errors(), "proxy", each.proxy())));
    }

    /** How many members of each pool are up. */
    private Map<String, Long> usable(boolean backups) {
        Map<String, Long> counts = new TreeMap<>();
        servers(each -> counts.merge(
                each.proxy(), each.state().equals("UP") && each.isBackup() == backups ? 1L : 0L, Long::sum));
        return counts;
    }

    private void addServers() {
        families.gauge(
                "haproxy_server_status",
                "1 for the state the member is in",
                rows -> servers(each -> SERVER_STATES.forEach(state -> rows.count(
                        state.equals(each.state()) ? 1 : 0,
                        "proxy",
                        each.proxy(),
                        "server",
                        each.name(),
                        "state",
                        state))));
        serverGauge("weight", "Share of new connections", Server::weight);
        serverGauge("current_sessions", "Open connections", Server::current);
        serverCounter("sessions", "Connections established", Server::total);
        serverCounter("connection_errors", "Failed attempts to connect", Server::errors);
    }

    private void servers(Consumer<Server> each) {
        source.get().forEach(now -> now.servers().forEach(each));
    }

    private void serverGauge(String name, String help, Function<Server, Long> value) {
        families.gauge(
                "haproxy_server_" + name,
                help,
                rows -> servers(each -> rows.count(value.apply(each), "proxy", each.proxy(), "server", each.name())));
    }

    private void serverCounter(String name, String help, Function<Server, Long> value) {
        families.counter(
                "haproxy_server_" + name,
                help,
                rows -> servers(each -> rows.count(value.apply(each), "proxy", each.proxy(), "server", each.name())));
    }
}
