package io.hawser.sysctl.linux;

import java.util.ArrayList;
import java.util.List;

/** Cables and switches between network namespaces: veth pairs and bridges (ip-link(8)). Any thread. */
public final class Veth {
    private Veth() {}

    /**
     * Joins two namespaces by a pair of interfaces, both up.
     *
     * @throws LinuxException when a name is taken or too long (15 characters), or the right is missing
     */
    public static void create(NetworkNamespace one, String nameInOne, NetworkNamespace other, String nameInOther) {
        List<String> argv =
                new ArrayList<>(List.of("ip", "link", "add", nameInOne, "netns", one.name(), "type", "veth"));
        argv.addAll(List.of("peer", "name", nameInOther, "netns", other.name()));
        NetworkNamespace.Command.run("join " + one + " and " + other, argv);
        one.run("ip", "link", "set", nameInOne, "up");
        other.run("ip", "link", "set", nameInOther, "up");
    }

    /** Makes a switch in a namespace, up, forwarding at once. */
    public static void createBridge(NetworkNamespace namespace, String name) {
        namespace.run("ip", "link", "add", name, "type", "bridge", "forward_delay", "0", "mcast_snooping", "0");
        namespace.run("ip", "link", "set", name, "up");
    }

    /**
     * Connects a host to a switch: a veth pair whose end {@code nameInHost} is in the host's namespace.
     *
     * @param port the name of the end at the switch
     */
    public static void plug(
            NetworkNamespace host, String nameInHost, NetworkNamespace bridgeNamespace, String bridge, String port) {
        create(host, nameInHost, bridgeNamespace, port);
        bridgeNamespace.run("ip", "link", "set", port, "master", bridge);
    }
}
