package io.hawser.lb.config;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What must hold between the nodes, and for this one on its host. One thread. */
final class NodeChecks {
    private static final int LEAST_DEFAULT_PRIORITY = 2;

    private final Draft draft;
    private final Report report;

    NodeChecks(Draft draft, Report report) {
        this.draft = draft;
        this.report = report;
    }

    void check() {
        List<Section> nodes = draft.nodes();
        Unique.names(report, nodes, Keys.NODE_NAME);
        Unique<InetAddress> addresses = new Unique<>(report);
        for (Section node : nodes) {
            InetAddress address = node.find(Keys.NODE_ADDRESS);
            if (address != null) {
                Spot spot = node.spot(Keys.NODE_ADDRESS);
                addresses.add(address, spot, Addresses.show(address));
                family(address, spot);
            }
        }
        priorities(nodes);
        draft.isSelf(new SelfFinder(draft, report).find());
        home();
        peersCanProbe();
    }

    private void family(InetAddress address, Spot spot) {
        if (!(address instanceof Inet4Address) && !draft.routers().isEmpty()) {
            report.problem(
                    spot,
                    Addresses.show(address) + ": virtual routers over IPv6 are not in this version yet;"
                            + " write the node's IPv4 address");
        }
    }

    private void priorities(List<Section> nodes) {
        Map<Integer, Section> first = new HashMap<>();
        for (Section node : nodes) {
            Integer priority = draft.priority(node);
            if (priority == null) {
                continue;
            }
            if (priority < LEAST_DEFAULT_PRIORITY && !node.has(Keys.NODE_PRIORITY)) {
                report.problem(
                        node.spot(),
                        "no default priority is left for so many nodes (200, 190 ... 10): write priority, 1 to 254");
                continue;
            }
            Section other = first.putIfAbsent(priority, node);
            if (other != null) {
                report.warning(
                        node.spot(Keys.NODE_PRIORITY),
                        other.spot().path() + " has priority " + priority
                                + " too: the higher address decides between them; give each its own");
            }
        }
    }

    /** This node's address must be on its host for the others to hear it. */
    private void home() {
        Section self = draft.self();
        InetAddress address = draft.selfAddress();
        if (self == null || address == null || draft.routers().isEmpty()) {
            return;
        }
        if (draft.environment().interfaceHolding(address) == null) {
            report.problem(
                    self.spot(Keys.NODE_ADDRESS),
                    Addresses.show(address) + " is not on this host, which this entry is for; it has "
                            + addressesHere(draft.environment()));
        }
    }

    /** Addresses of a host in words, without its loopback ones. */
    static String addressesHere(Environment environment) {
        String shown = environment.interfaces().stream()
                .flatMap(each -> each.addresses().stream()
                        .filter(one -> !one.address().isLoopbackAddress()
                                && !one.address().isLinkLocalAddress())
                        .map(one -> Addresses.show(one.address()) + " (" + each.name() + ")"))
                .limit(12)
                .collect(Collectors.joining(", "));
        return shown.isEmpty() ? "none" : shown;
    }

    private void peersCanProbe() {
        Section admin = draft.file().section(Keys.ADMIN);
        var bind = admin.find(Keys.ADMIN_BIND);
        if (bind != null
                && bind.getAddress().isLoopbackAddress()
                && draft.nodes().size() > 1) {
            report.warning(
                    admin.spot(Keys.ADMIN_BIND),
                    Addresses.show(bind.getAddress())
                            + " keeps the other nodes from probing this one: write 0.0.0.0 or the node's address");
        }
    }
}
