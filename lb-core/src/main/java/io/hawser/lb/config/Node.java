package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;

/**
 * A load-balancer node. Immutable.
 *
 * @param name unique among the nodes
 * @param address where the other nodes reach it: the source of its unicast advertisements
 * @param priority VRRP priority, 2 to 254, or 255 for the owner of the virtual addresses
 * @param adminPort port of its admin endpoint, which the other nodes probe
 */
public record Node(String name, InetAddress address, int priority, int adminPort) {
    /** The name of this node as long as it cannot be told which of the nodes it is; no node has it. */
    public static final String NOT_KNOWN_YET = "(not known yet)";

    public Node {
        requireNonNull(name, "name");
        requireNonNull(address, "address");
    }
}
