package io.hawser.lb.config;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Tells which of the nodes this host is: by --node, else HAWSER_NODE, else the host name, else an address. One thread. */
final class SelfFinder {
    private final ParsedConfig draft;
    private final Report report;

    SelfFinder(ParsedConfig draft, Report report) {
        this.draft = draft;
        this.report = report;
    }

    /** The entry of this node; null: none, and the report says what was tried. */
    @Nullable
    Section find() {
        Environment environment = draft.environment();
        String option = environment.nodeOption();
        if (option != null) {
            return named(option, "--node");
        }
        String variable = environment.nodeVariable();
        if (variable != null && !variable.isEmpty()) {
            return named(variable, "HAWSER_NODE");
        }
        if (draft.nodes().isEmpty()) {
            return null; // reported as a missing or empty list
        }
        if (!environment.isKnown()) {
            draft.isSelfToCome();
            return null;
        }
        Section byHostName = byHostName(environment.hostName());
        return byHostName == null ? byAddress() : byHostName;
    }

    private @Nullable Section named(String name, String source) {
        for (Section node : draft.nodes()) {
            if (name.equals(node.find(NodeKeys.NAME))) {
                return node;
            }
        }
        List<String> names = names();
        if (!names.isEmpty()) {
            report.problem(
                    spot(),
                    source + " is " + Messages.quote(name) + ", which is no node here; the nodes are "
                            + String.join(", ", names) + Messages.didYouMean(name, names));
        }
        return null;
    }

    private @Nullable Section byHostName(String hostName) {
        int dot = hostName.indexOf('.');
        String label = dot < 0 ? hostName : hostName.substring(0, dot);
        Section byLabel = null;
        for (Section node : draft.nodes()) {
            String name = node.find(NodeKeys.NAME);
            if (hostName.equalsIgnoreCase(name)) {
                return node;
            }
            byLabel = byLabel == null && label.equalsIgnoreCase(name) ? node : byLabel;
        }
        return byLabel;
    }

    private @Nullable Section byAddress() {
        List<InetAddress> here = draft.environment().addresses();
        List<Section> found = new ArrayList<>();
        for (Section node : draft.nodes()) {
            InetAddress address = node.find(NodeKeys.ADDRESS);
            if (address != null && here.contains(address)) {
                found.add(node);
            }
        }
        if (found.size() == 1) {
            return found.getFirst();
        }
        String why = "cannot tell which node this is: " + tried(found) + "; start with --node NAME";
        if (found.isEmpty() && draft.nodes().stream().allMatch(node -> node.find(NodeKeys.ADDRESS) != null)) {
            // An address may come later, as from DHCP; two of them are never one node's.
            draft.isSelfToCome();
            report.notYet(spot(), true, () -> why);
        } else {
            report.problem(spot(), why);
        }
        return null;
    }

    private String tried(List<Section> found) {
        String addresses = found.isEmpty()
                ? "no node's address is on this host, which has " + NodeChecks.addressesHere(draft.environment())
                : "the addresses of " + Messages.and(names(found)) + " are all on this host";
        return "--node is not given, HAWSER_NODE is not set, the host name "
                + Messages.quote(draft.environment().hostName()) + " is no node's name ("
                + String.join(", ", names()) + "), and " + addresses;
    }

    private SourceLocation spot() {
        return new SourceLocation(draft.file().spot(NodeKeys.NODES).at(), NodeKeys.NODES.path());
    }

    private List<String> names() {
        return names(draft.nodes());
    }

    private static List<String> names(List<Section> nodes) {
        return nodes.stream()
                .map(node -> node.find(NodeKeys.NAME))
                .filter(Objects::nonNull)
                .toList();
    }
}
