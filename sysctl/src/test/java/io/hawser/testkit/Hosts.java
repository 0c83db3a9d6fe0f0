package io.hawser.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hawser.sysctl.linux.Capabilities;
import io.hawser.sysctl.linux.Capability;
import io.hawser.sysctl.linux.NetworkNamespace;
import io.hawser.sysctl.linux.RouteSocket;
import io.hawser.sysctl.linux.Veth;
import io.hawser.sysctl.net.AddressText;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The hosts of one test, each a network namespace whose name tells the process that made it. They go with {@link #close}; those of a process
 * that was killed go when the next one of that kind is opened, and nobody else's do. One thread.
 */
public final class Hosts implements AutoCloseable {
    private static final String BRIDGE = "br0";
    private static final AtomicInteger OPENED = new AtomicInteger();

    private final String prefix;
    private final List<NetworkNamespace> made = new ArrayList<>();

    private Hosts(String prefix) {
        this.prefix = prefix;
    }

    /**
     * None yet; skips the test by name where namespaces are not permitted.
     *
     * @param kind what they are for: letters only, as the first number in a name is the process
     */
    public static Hosts open(String kind) {
        if (!kind.matches("[a-z]+")) {
            throw new IllegalArgumentException(kind + " is not of small letters alone");
        }
        assumeTrue(
                Capabilities.ofThisProcess().has(Capability.SYS_ADMIN, Capability.NET_ADMIN, Capability.NET_RAW),
                "needs root (CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_NET_RAW) for network namespaces");
        String all = "hawser-" + kind + "-";
        removeLeftovers(all);
        return new Hosts(all + ProcessHandle.current().pid() + "-" + OPENED.incrementAndGet() + "-");
    }

    private static void removeLeftovers(String all) {
        for (String name : NetworkNamespace.list(all)) {
            String owner = name.substring(all.length()).replaceAll("-.*", "");
            if (owner.matches("[0-9]{1,10}")
                    && ProcessHandle.of(Long.parseLong(owner)).isEmpty()) {
                NetworkNamespace.delete(name);
            }
        }
    }

    /** One more, with nothing but lo, which is down. */
    public NetworkNamespace host(String name) {
        NetworkNamespace host = NetworkNamespace.create(prefix + name);
        made.add(host);
        return host;
    }

    /** One more that is a switch: a bridge to {@link #plug} others into. */
    public NetworkNamespace network(String name) {
        NetworkNamespace network = host(name);
        Veth.createBridge(network, BRIDGE);
        return network;
    }

    /** Connects a host's new interface with a new port of a {@link #network}, both up. */
    public static void plug(NetworkNamespace host, String interfaceName, NetworkNamespace network, String port) {
        Veth.plug(host, interfaceName, network, BRIDGE, port);
    }

    /** The addresses on a host's interfaces, as text; cheaper than a process, where it is looked often. */
    public static List<String> addresses(NetworkNamespace host) {
        try {
            return host.call(() -> {
                try (RouteSocket routes = RouteSocket.open()) {
                    return routes.addresses().stream()
                            .map(each -> AddressText.of(each.address()))
                            .toList();
                }
            });
        } catch (Exception e) {
            throw new IllegalStateException("addresses of " + host, e);
        }
    }

    /** Begins the name of each, and of whatever else belongs to the test. */
    public String prefix() {
        return prefix;
    }

    /** Removes them all. */
    @Override
    public void close() {
        made.forEach(NetworkNamespace::close);
        made.clear();
    }
}
