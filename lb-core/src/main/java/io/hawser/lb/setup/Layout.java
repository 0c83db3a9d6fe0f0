package io.hawser.lb.setup;

import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Answers taken apart, with what follows from them. Immutable.
 *
 * @param vip the virtual address without its prefix
 * @param writtenVip as it was given
 * @param nodes the nodes in order
 * @param masters the API servers, each with its port
 * @param port what clients connect to
 */
record Layout(String vip, String writtenVip, List<NamedNode> nodes, List<Endpoint> masters, String port) {

    /** A load-balancer node as it was given. */
    record NamedNode(String name, String address) {}

    /** An API server as it was given; its port is the API server's where none was. */
    record Endpoint(String host, String port) {
        static Endpoint of(String text) {
            int close = text.indexOf(']');
            int colon = text.lastIndexOf(':');
            boolean isBare6 = close < 0 && text.indexOf(':') != colon;
            if (text.startsWith("[") && close > 0) {
                String port = colon > close ? text.substring(colon + 1) : InitAnswers.API_PORT;
                return new Endpoint(text.substring(1, close), port);
            }
            return isBare6 || colon < 0
                    ? new Endpoint(text, InitAnswers.API_PORT)
                    : new Endpoint(text.substring(0, colon), text.substring(colon + 1));
        }

        @Override
        public String toString() {
            return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
        }
    }

    static Layout of(InitAnswers wishes) {
        String written = Objects.requireNonNull(wishes.vip(), "vip");
        int slash = written.indexOf('/');
        List<NamedNode> nodes = new ArrayList<>();
        for (String each : wishes.nodes()) {
            int equals = each.indexOf('=');
            // A node that is given by its address alone is called by it.
            nodes.add(
                    equals < 0
                            ? new NamedNode(each, each)
                            : new NamedNode(each.substring(0, equals), each.substring(equals + 1)));
        }
        List<Endpoint> masters = wishes.masters().stream().map(Endpoint::of).toList();
        boolean isStacked = masters.stream().anyMatch(master -> nodeAt(nodes, master.host()) != null);
        String port = wishes.port() != null
                ? wishes.port()
                : isStacked && !wishes.areServersBound() ? InitAnswers.STACKED_PORT : InitAnswers.API_PORT;
        return new Layout(slash < 0 ? written : written.substring(0, slash), written, nodes, masters, port);
    }

    /** Whether an API server runs on a load-balancer node, as in a stacked control plane. */
    boolean isStacked() {
        return masters.stream().anyMatch(master -> nodeAt(nodes, master.host()) != null);
    }

    /** What clients are told, as in 10.77.0.10:6443. */
    String endpoint() {
        return new Endpoint(vip, port).toString();
    }

    /** Why these answers cannot stand together, and what to give instead; each with its flag. */
    List<String> contradictions(boolean areServersBound) {
        List<String> found = new ArrayList<>();
        InetAddress address = address(vip);
        Set<String> names = new HashSet<>();
        Set<InetAddress> addresses = new HashSet<>();
        for (NamedNode node : nodes) {
            InetAddress own = address(node.address());
            if (!names.add(node.name())) {
                found.add("--node " + node.name() + " is given twice: give each node its own name");
            }
            if (own == null) {
                continue;
            }
            if (!addresses.add(own)) {
                found.add("--node " + node.name() + "=" + node.address()
                        + ": another node has this address: give each its own");
            }
            if (own.equals(address)) {
                found.add("--vip " + vip + " is the own address of node " + node.name()
                        + ": give one of the same network that no machine has");
            } else if (address != null && own.getClass() != address.getClass()) {
                found.add("--node " + node.name() + "=" + node.address() + " is " + family(own) + " and --vip " + vip
                        + " is " + family(address) + ": give the nodes' addresses in the family of the virtual one");
            }
        }
        contradictionsOfMasters(found, address, areServersBound);
        return found;
    }

    private void contradictionsOfMasters(List<String> found, @Nullable InetAddress virtual, boolean areServersBound) {
        Set<String> seen = new HashSet<>();
        List<NamedNode> inTheWay = new ArrayList<>();
        for (Endpoint master : masters) {
            InetAddress own = address(master.host());
            if (!seen.add((own == null ? master.host() : AddressText.of(own)) + " " + master.port())) {
                found.add("--master " + master + " is given twice: give each API server once");
            }
            if (own != null && own.equals(virtual)) {
                found.add("--master " + master + " is the virtual address, so connections would come back to hawser:"
                        + " give the API server's own address");
            }
            NamedNode node = nodeAt(nodes, master.host());
            if (node != null && master.port().equals(port) && !areServersBound) {
                inTheWay.add(node);
            }
        }
        if (!inTheWay.isEmpty()) {
            found.add("--port " + port + ": the API server on "
                    + inTheWay.stream().map(NamedNode::name).collect(Collectors.joining(", "))
                    + " listens there on every address, the virtual one too, unless it was told otherwise: give another"
                    + " port, as in --port " + InitAnswers.STACKED_PORT
                    + ", or bind the API servers to their node's address"
                    + " (kubeadm: apiServer.extraArgs, bind-address) and give --bound-api-servers");
        }
    }

    private static @Nullable NamedNode nodeAt(List<NamedNode> nodes, String host) {
        InetAddress wanted = address(host);
        for (NamedNode node : nodes) {
            InetAddress own = address(node.address());
            if (own != null && own.equals(wanted)) {
                return node;
            }
        }
        return null;
    }

    private static String family(InetAddress address) {
        return address.getAddress().length == 4 ? "IPv4" : "IPv6";
    }

    /** The literal address that a text is; null: it is none, which the loader explains. */
    static @Nullable InetAddress address(String text) {
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
