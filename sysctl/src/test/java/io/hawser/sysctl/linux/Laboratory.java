package io.hawser.sysctl.linux;

import io.hawser.testkit.Hosts;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Two hosts of a test class, joined by a cable: network namespaces that are removed afterwards, also those of a crash. */
public final class Laboratory implements AutoCloseable {
    private final Hosts hosts = Hosts.open("linux");
    private final NetworkNamespace left = hosts.host("l");
    private final NetworkNamespace right = hosts.host("r");

    private Laboratory() {}

    /** Makes both hosts, or skips the test by name where that is not permitted. */
    public static Laboratory open() {
        return new Laboratory();
    }

    /** Lays the cable: v0 with 10.9.0.1 and fd09::1 on the left, v0 with 10.9.0.2 and fd09::2 on the right. */
    Laboratory cabled() {
        Veth.create(left, "v0", right, "v0");
        Veth.address(left, "v0", InetAddress.ofLiteral("10.9.0.1"), 24);
        Veth.address(left, "v0", InetAddress.ofLiteral("fd09::1"), 64);
        Veth.address(right, "v0", InetAddress.ofLiteral("10.9.0.2"), 24);
        Veth.address(right, "v0", InetAddress.ofLiteral("fd09::2"), 64);
        return this;
    }

    public NetworkNamespace left() {
        return left;
    }

    NetworkNamespace right() {
        return right;
    }

    static int indexOf(NetworkNamespace host, String name) throws Exception {
        return host.call(() -> {
            try (RouteSocket route = RouteSocket.open()) {
                Link link = route.link(name);
                if (link == null) {
                    throw new IllegalStateException(host + " has no " + name);
                }
                return link.index();
            }
        });
    }

    /** How many sockets and events this process has open; files and pipes come and go with the test runner. */
    static long openDescriptors() {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.map(Laboratory::target)
                    .filter(target -> target.startsWith("socket:") || target.startsWith("anon_inode:[eventfd]"))
                    .count();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public void close() {
        hosts.close();
    }
}
