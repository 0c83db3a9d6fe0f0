package io.hawser.sysctl.linux;

import java.net.InetAddress;

/** Cables and switches between network namespaces: veth pairs and bridges (ip-link(8)), and what addresses hosts have on them. Any thread. */
public final class Veth {
    private Veth() {}

    /**
     * Joins two namespaces by a pair of interfaces, both up.
     *
     * @throws LinuxException when a name is taken or too long (15 characters), or the right is missing
     */
    public static void create(NetworkNamespace one, String nameInOne, NetworkNamespace other, String nameInOther) {
        join(one, nameInOne, "", other, nameInOther);
    }

    /** Makes a switch in a namespace, up, forwarding at once. */
    public static void createBridge(NetworkNamespace namespace, String name) {
        namespace.inside("make bridge " + name, () -> {
            try (VirtualLinks links = VirtualLinks.open()) {
                links.createBridge(name);
            }
        });
    }

    /**
     * Connects a host to a switch: a veth pair whose end {@code nameInHost} is in the host's namespace.
     *
     * @param port the name of the end at the switch
     * @throws LinuxException as {@link #create}, or when there is no such bridge
     */
    public static void plug(
            NetworkNamespace host, String nameInHost, NetworkNamespace bridgeNamespace, String bridge, String port) {
        join(bridgeNamespace, port, bridge, host, nameInHost);
    }

    private static void join(NetworkNamespace one, String name, String bridge, NetworkNamespace other, String peer) {
        one.inside("join " + one + " and " + other, () -> {
            try (VirtualLinks links = VirtualLinks.open();
                    Descriptor namespace = other.open()) {
                links.createVeth(name, bridge.isEmpty() ? 0 : index(bridge), peer, namespace);
            }
        });
        other.setUp(peer, true);
    }

    /**
     * Gives a host one more address, which it uses at once.
     *
     * @param prefix the length of the network prefix, in bits
     * @throws LinuxException when there is no such interface, it has the address, or the right is missing
     */
    public static void address(NetworkNamespace host, String interfaceName, InetAddress address, int prefix) {
        host.inside("give " + interfaceName + " an address", () -> {
            try (VirtualLinks links = VirtualLinks.open()) {
                links.addAddress(index(interfaceName), address, prefix);
            }
        });
    }

    private static int index(String name) {
        try (RouteSocket routes = RouteSocket.open()) {
            Link link = routes.link(name);
            if (link == null) {
                throw new LinuxException("there is no interface " + name);
            }
            return link.index();
        }
    }
}
