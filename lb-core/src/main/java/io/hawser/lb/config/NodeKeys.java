package io.hawser.lb.config;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The keys of {@code nodes}. Stateless. */
final class NodeKeys {
    private static final List<Key<?>> ALL = new ArrayList<>();

    static final Key<List<Section>> NODES = key("nodes", "All load-balancer nodes, highest priority first.")
            .required()
            .sections();
    static final Key<String> NAME = key("nodes[].name", "Name of the node, for example its host name.")
            .required()
            .one(Types.name());
    static final Key<InetAddress> ADDRESS = key(
                    "nodes[].address", "Address at which the other nodes reach it, IPv4 or IPv6.")
            .required()
            .value(Node::address)
            .one(Types.address());
    static final Key<Integer> PRIORITY = key(
                    "nodes[].priority",
                    "VRRP priority. Of the nodes that can serve, the one with the highest is active. 255, on one node only, makes it the owner of the addresses: it takes them whenever it can serve.")
            .derived("200, 190, 180 ... in the order of the nodes")
            .value(Node::priority)
            .one(Types.integer("a priority", 2, 255));
    static final Key<Integer> ADMIN_PORT = key(
                    "nodes[].admin-port",
                    "Port of its admin endpoint, which the other nodes probe. Overrides the port of admin.bind.")
            .derived("the port of admin.bind")
            .value(Node::adminPort)
            .one(Types.port());

    private NodeKeys() {}

    /** These keys, in the order of the reference page. */
    static List<Key<?>> all() {
        return Collections.unmodifiableList(ALL);
    }

    private static KeyRow<Node> key(String path, String doc) {
        return new KeyRow<>(Node.class, ALL, path, doc);
    }
}
