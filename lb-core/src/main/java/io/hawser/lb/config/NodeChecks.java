package io.hawser.lb.config;

import io.hawser.sysctl.net.AddressText;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What must hold between the nodes, and for this one on its host. One thread. */
final class NodeChecks {
    private static final int LEAST_DEFAULT_PRIORITY = 2;
    private static final int OWNER = 255;

    private final ParsedConfig draft;
    private final Report report;

    NodeChecks(ParsedConfig draft, Report report) {
        this.draft = draft;
        this.report = report;
    }

    void check() {
        List<Section> nodes = draft.nodes();
        Unique.names(report, nodes, NodeKeys.NAME);
        Unique<InetAddress> addresses = new Unique<>(report);
        for (Section node : nodes) {
            InetAddress address = node.find(NodeKeys.ADDRESS);
            if (address != null) {
                SourceLocation spot = node.spot(NodeKeys.ADDRESS);
                addresses.add(address, spot, AddressText.of(address));
                linkLocal(address, spot);
            }
        }
        priorities(nodes);
        owner(nodes);
        draft.isSelf(new SelfFinder(draft, report).find());
        home();
        peersCanProbe();
    }

    // Each host has a link-local network on every interface, and an address alone does not say which is meant.
    private void linkLocal(InetAddress address, SourceLocation spot) {
        if (address instanceof Inet6Address && address.isLinkLocalAddress()) {
            report.problem(
                    spot,
                    AddressText.of(address) + " is link-local, which the other nodes cannot connect to by the address"
                            + " alone: write the node's global, unique local (fd00::/8) or IPv4 address");
        }
    }

    private void priorities(List<Section> nodes) {
        Map<Integer, Section> first = new HashMap<>();
        for (Section node : nodes) {
            Integer priority = draft.priority(node);
            if (priority == null) {
                continue;
            }
            if (priority < LEAST_DEFAULT_PRIORITY && !node.has(NodeKeys.PRIORITY)) {
                report.problem(
                        node.spot(),
                        "no default priority is left for so many nodes (200, 190 ... 10): write priority, 2 to 254");
                continue;
            }
            Section other = first.putIfAbsent(priority, node);
            if (other != null && priority == OWNER) {
                report.problem(
                        node.spot(NodeKeys.PRIORITY),
                        other.spot().path() + " has priority 255 too, which makes a node the only owner of the"
                                + " addresses: write 254 or less for one of them");
            } else if (other != null) {
                report.warning(
                        node.spot(NodeKeys.PRIORITY),
                        other.spot().path() + " has priority " + priority
                                + " too: the higher address decides between them; give each its own");
            }
        }
    }

    private void owner(List<Section> nodes) {
        List<Section> owners = nodes.stream()
                .filter(node -> Integer.valueOf(OWNER).equals(draft.priority(node)))
                .toList();
        if (owners.size() == 1 && !draft.routers().isEmpty()) {
            report.warning(
                    owners.getFirst().spot(NodeKeys.PRIORITY),
                    "255 makes this node the owner of every virtual address: it takes them back whenever it can serve,"
                            + " whatever preempt says; write 254 or less to let them stay where they work");
        }
    }

    /** This node's address must be on its host for the others to hear it. */
    private void home() {
        Section self = draft.self();
        InetAddress address = draft.selfAddress();
        if (self == null
                || address == null
                || draft.routers().isEmpty()
                || !draft.environment().isKnown()) {
            return;
        }
        if (draft.environment().interfaceHolding(address) == null) {
            report.notYet(
                    self.spot(NodeKeys.ADDRESS),
                    false,
                    () -> AddressText.of(address) + " is not on this host, which this entry is for; it has "
                            + addressesHere(draft.environment()));
        }
    }

    /** Addresses of a host in words, without its loopback ones. */
    static String addressesHere(Environment environment) {
        String shown = environment.interfaces().stream()
                .flatMap(each -> each.addresses().stream()
                        .filter(one -> !one.address().isLoopbackAddress()
                                && !one.address().isLinkLocalAddress())
                        .map(one -> AddressText.of(one.address()) + " (" + each.name() + ")"))
                .limit(12)
                .collect(Collectors.joining(", "));
        return shown.isEmpty() ? "none" : shown;
    }

    private void peersCanProbe() {
        Section admin = draft.file().section(ProcessKeys.ADMIN);
        InetSocketAddress bind = admin.has(ProcessKeys.ADMIN_BIND) ? admin.find(ProcessKeys.ADMIN_BIND) : null;
        if (bind != null
                && bind.getAddress().isLoopbackAddress()
                && draft.nodes().size() > 1) {
            report.warning(
                    admin.spot(ProcessKeys.ADMIN_BIND),
                    AddressText.of(bind.getAddress())
                            + " keeps the other nodes from probing this one: write 0.0.0.0 or the node's address");
        } else if (bind != null && draft.nodes().size() > 1) {
            reachable(admin, bind);
        }
    }

    private void reachable(Section admin, InetSocketAddress bind) {
        InetAddress own = draft.selfAddress();
        boolean isSix = own instanceof Inet6Address;
        boolean takesBoth =
                bind.getAddress() instanceof Inet6Address && bind.getAddress().isAnyLocalAddress();
        if (own != null && !takesBoth && isSix != bind.getAddress() instanceof Inet6Address) {
            report.problem(
                    admin.spot(ProcessKeys.ADMIN_BIND),
                    AddressText.of(bind.getAddress()) + " is not reached over " + (isSix ? "IPv6" : "IPv4")
                            + ", by which the other nodes probe this one at " + AddressText.of(own)
                            + ": write \"[::]:" + bind.getPort() + "\", which takes both, or the node's address");
        }
    }
}
