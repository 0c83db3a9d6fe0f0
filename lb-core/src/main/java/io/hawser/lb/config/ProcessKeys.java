package io.hawser.lb.config;

import io.hawser.sysctl.KernelSettings.Ipvs;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** The keys of what the process has once: {@code admin}, {@code kernel}, {@code limits}. Stateless. */
final class ProcessKeys {
    private static final List<Key<?>> ALL = new ArrayList<>();

    static final Key<Section> ADMIN = adminKey("admin", "The admin API: health, metrics, status and commands.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<InetSocketAddress> ADMIN_BIND = adminKey(
                    "admin.bind",
                    "Address of the read-only HTTP endpoint: health, metrics, status and dashboard. Nothing there can change anything.")
            .derived("0.0.0.0:9100; [::]:9100, which takes IPv4 too, when the node's address is IPv6")
            .value(Admin::bind)
            .one(Types.socketAddress());
    static final Key<Path> ADMIN_SOCKET = adminKey("admin.socket", "Unix socket for commands.")
            .byDefault(Admin.DEFAULT_SOCKET.toString())
            .value(Admin::socket)
            .one(Types.socketFile());
    static final Key<List<String>> ADMIN_HOSTS = adminKey(
                    "admin.hosts",
                    "Further host names by which the admin port may be queried, as in the Host header of a browser or of Prometheus. Always allowed are localhost, the names and addresses of the nodes, this host's name, and virtual addresses. Others are refused, so that a foreign web page cannot read the status through a browser (DNS rebinding).")
            .derived("none")
            .mayBeEmpty()
            .value(Admin::hosts)
            .many(Types.host());
    static final Key<Section> ADMIN_METRICS = adminKey("admin.metrics", "What /metrics contains.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<Boolean> METRICS_HAPROXY = adminKey(
                    "admin.metrics.haproxy-names",
                    "Also export the metrics that HAProxy has under HAProxy's names, so that its dashboards work.")
            .byDefault("false")
            .value(Admin::haproxyNames)
            .one(Types.bool());
    static final Key<Section> KERNEL = kernelKey("kernel", "Kernel settings to prepare at start.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<Boolean> KERNEL_FORWARD = kernelKey("kernel.ip-forward", "Enable IP forwarding.")
            .byDefault("true")
            .value(Kernel::ipForward)
            .one(Types.bool());
    static final Key<Boolean> KERNEL_NONLOCAL = kernelKey(
                    "kernel.nonlocal-bind",
                    "Allow listeners to bind to addresses that are not on this host at the moment.")
            .byDefault("true")
            .value(Kernel::nonlocalBind)
            .one(Types.bool());
    static final Key<Ipvs> KERNEL_IPVS = kernelKey(
                    "kernel.ipvs",
                    "Load the IPVS modules: off, auto (if possible), or required (refuse to start without them).")
            .byDefault("auto")
            .value(Kernel::ipvs)
            .one(Types.word(Ipvs.class));
    static final Key<Section> LIMITS = limitKey("limits", "Limits of the whole process.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<Optional<Integer>> LIMITS_CONNECTIONS = limitKey(
                    "limits.connections",
                    "Maximum concurrent client connections. auto: what file descriptors, heap (1 KiB each) and native memory (1 KiB each) allow, whichever is least.")
            .byDefault("auto")
            .value(Limits::connections)
            .one(Types.orWord("auto", Types.integer("a number of connections", 1, 10_000_000)));
    static final Key<Optional<Integer>> LIMITS_FRUITLESS = limitKey(
                    "limits.fruitless-per-second-per-source",
                    "Protection against connection floods. A source that opens so many connections per second which end before a byte is answered, nine of ten of all its connections, is limited to a tenth of this until it stops; other clients then do not notice the flood. All clients behind one NAT address are one source.")
            .byDefault("1000")
            .value(Limits::fruitless)
            .one(Types.orWord("off", Types.integer("a number of connections", 10, 1_000_000)));
    static final Key<Duration> LIMITS_DRAIN = limitKey(
                    "limits.drain",
                    "How long a stopping process waits for connections to its own addresses to end. Connections to a virtual address end when the address is given up.")
            .byDefault("30s")
            .value(Limits::drain)
            .one(Types.duration("0s", "1h"));

    private ProcessKeys() {}

    /** These keys, in the order of the reference page. */
    static List<Key<?>> all() {
        return Collections.unmodifiableList(ALL);
    }

    private static KeyRow<Admin> adminKey(String path, String doc) {
        return new KeyRow<>(Admin.class, ALL, path, doc);
    }

    private static KeyRow<Kernel> kernelKey(String path, String doc) {
        return new KeyRow<>(Kernel.class, ALL, path, doc);
    }

    private static KeyRow<Limits> limitKey(String path, String doc) {
        return new KeyRow<>(Limits.class, ALL, path, doc);
    }
}
