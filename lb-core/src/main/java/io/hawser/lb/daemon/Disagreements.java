package io.hawser.lb.daemon;

import io.hawser.lb.admin.ConfigDigest;
import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.admin.Severity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells where the configurations of other nodes differ from this node's. Nodes are reloaded one after the other, so a
 * difference is said when it has lasted. Any thread.
 */
final class Disagreements {
    /** How long a difference may last before it is said. */
    static final Duration GRACE = Duration.ofSeconds(30);

    private static final String REMEDY = ": give both nodes the same file (hawser reload)";

    /**
     * One section of one node that differs.
     *
     * @param sinceNanos on the System.nanoTime() scale
     */
    private record Held(String words, long sinceNanos, boolean isSaid) {}

    private final EventLog events;
    /** By node, then by section. */
    private final Map<String, Map<String, Held>> held = new LinkedHashMap<>();

    Disagreements(EventLog events) {
        this.events = events;
    }

    /**
     * Takes what there is to see now; to be called again and again.
     *
     * @param own this node's configuration
     * @param others the other nodes', by name; null of one that does not say now, so that what was known of it stays
     */
    synchronized void look(ConfigDigest own, Map<String, @Nullable ConfigDigest> others, long now) {
        held.keySet().retainAll(others.keySet());
        others.forEach((node, theirs) -> {
            if (theirs != null) {
                compare(node, own.differences(theirs, node), now);
            } else {
                held.putIfAbsent(node, Map.of());
            }
        });
    }

    private void compare(String node, Map<String, String> differences, long now) {
        Map<String, Held> before = held.getOrDefault(node, Map.of());
        Map<String, Held> after = new LinkedHashMap<>();
        differences.forEach((section, words) -> {
            Held known = before.get(section);
            long since = known == null ? now : known.sinceNanos();
            boolean isSaid = known != null && known.isSaid();
            if (!isSaid && now - since >= GRACE.toNanos()) {
                isSaid = true;
                events.append("config-differs", Severity.WARNING, node, text(node, section, words) + REMEDY);
            }
            after.put(section, new Held(words, since, isSaid));
        });
        before.forEach((section, known) -> {
            if (known.isSaid() && !after.containsKey(section)) {
                events.append(
                        "config-differs",
                        Severity.INFO,
                        node,
                        section + " of node " + node + " match this node's again");
            }
        });
        held.put(node, after);
    }

    private static String text(String node, String section, String words) {
        return section + " of node " + node + " differ from this node's: " + words;
    }

    /** What differs for so long that somebody should know, in words. */
    synchronized List<String> warnings() {
        List<String> found = new ArrayList<>();
        held.forEach((node, sections) -> sections.forEach((section, each) -> {
            if (each.isSaid()) {
                found.add(text(node, section, each.words()) + REMEDY);
            }
        }));
        return found;
    }

    /** Shows whether each section of each node differs for so long. */
    void register(MetricFamilies families) {
        families.gauge(
                "hawser_peer_config_differs",
                "Whether a section of another node's configuration differs from this node's, for longer than a rolling"
                        + " reload takes",
                this::collect);
    }

    /** One row for each section of each node. */
    synchronized void collect(MetricFamilies.Values rows) {
        held.forEach((node, sections) -> {
            for (String section : Digests.SECTIONS) {
                Held each = sections.get(section);
                rows.count(each != null && each.isSaid() ? 1 : 0, "peer", node, "section", section);
            }
        });
    }
}
