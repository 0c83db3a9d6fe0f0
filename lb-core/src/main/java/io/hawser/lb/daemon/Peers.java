package io.hawser.lb.daemon;

import io.hawser.healthcheck.PeerEvidence;
import io.hawser.healthcheck.PeerListener;
import io.hawser.healthcheck.PeerReport;
import io.hawser.lb.admin.ConfigDigest;
import io.hawser.lb.admin.HealthDocument;
import io.hawser.lb.admin.NodeHealth;
import io.hawser.lb.admin.RouterState;
import io.hawser.lb.config.Node;
import io.hawser.lb.config.VirtualRouter;
import io.hawser.vrrp.election.Evidence;
import io.netty.util.NetUtil;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is known of the other nodes from their /healthz. Told on the health loop, read by any thread. */
final class Peers implements PeerListener {

    /** An answer that is older says nothing about now. */
    static final long FRESH_NANOS = 1_000_000_000L;

    /** Takes evidence about one virtual router; called on the health loop. */
    interface Sink {
        /** A peer's view of the router that has this name here. */
        void evidence(String router, Evidence evidence);

        /** Something about a peer changed that people should know. */
        void changed(View before, View now);
    }

    /**
     * A peer as it is known now. Immutable.
     *
     * @param health what it said last; null when it does not answer, or not as a peer
     * @param problem why {@code health} is null, in words; null when it is not
     * @param answeredAt when it last gave any sign of life, if only a refusal, on the System.nanoTime() scale; null for never
     */
    record View(
            Node node,
            @Nullable NodeHealth health,
            @Nullable String problem,
            @Nullable Long answeredAt) {

        boolean isUp() {
            return health != null;
        }

        boolean answered(long now) {
            return answeredAt != null && now - answeredAt < FRESH_NANOS;
        }
    }

    private final Map<String, Node> nodes = new ConcurrentHashMap<>();
    private final Map<String, View> views = new ConcurrentHashMap<>();
    private volatile List<VirtualRouter> routers = List.of();
    private final Sink sink;

    Peers(List<Node> peers, List<VirtualRouter> routers, Sink sink) {
        this.sink = sink;
        apply(peers, routers);
    }

    /** Takes another set of peers and routers. Of a peer that stays at its address, what is known stays too. */
    void apply(List<Node> peers, List<VirtualRouter> wanted) {
        routers = List.copyOf(wanted);
        Set<String> names = peers.stream().map(Node::name).collect(Collectors.toSet());
        nodes.keySet().retainAll(names);
        views.keySet().retainAll(names);
        for (Node peer : peers) {
            nodes.put(peer.name(), peer);
            views.compute(
                    peer.name(),
                    (_, known) -> known == null || !isSamePlace(known.node(), peer)
                            ? new View(peer, null, "it has not answered yet", null)
                            : new View(peer, known.health(), known.problem(), known.answeredAt()));
        }
    }

    private static boolean isSamePlace(Node one, Node other) {
        return one.address().equals(other.address()) && one.adminPort() == other.adminPort();
    }

    /** Every peer as it is known now, in no order. */
    List<View> views() {
        return List.copyOf(views.values());
    }

    /** What each peer says of its configuration; null of one that says nothing of it. */
    Map<String, @Nullable ConfigDigest> digests() {
        Map<String, @Nullable ConfigDigest> found = new HashMap<>();
        views.forEach((name, view) -> {
            NodeHealth health = view.health();
            found.put(name, health == null ? null : health.configuration());
        });
        return found;
    }

    /** What is known of one node; null when it is no peer. */
    @Nullable
    View view(String name) {
        return views.get(name);
    }

    @Override
    public void report(PeerReport report) {
        Node node = nodes.get(report.peer().name());
        // A report from where a peer was before a reload says nothing about it.
        if (node == null || !report.peer().address().equals(new InetSocketAddress(node.address(), node.adminPort()))) {
            return;
        }
        View before = views.get(node.name());
        switch (report.evidence()) {
            case PeerEvidence.Answered answered -> answered(node, before, answered, report.atNanos());
            case PeerEvidence.Gone gone -> {
                store(before, new View(node, null, gone.reason(), report.atNanos()));
                Evidence evidence =
                        new Evidence.Gone(node.address(), gone.reason(), gone.isClosed(), gone.sinceNanos());
                routers.forEach(router -> sink.evidence(router.name(), evidence));
            }
            case PeerEvidence.Refused refused ->
                store(before, new View(node, null, refused.reason(), report.atNanos()));
            case PeerEvidence.Reconnected _ -> {
                // The answer on the new connection follows and says how it is.
            }
            case PeerEvidence.Silent silent -> {
                // One late answer is no news; it would be said twice for each busy moment of either node.
                if (report.atNanos() - silent.sinceNanos() >= FRESH_NANOS) {
                    store(before, new View(node, null, silent.reason(), answeredAt(before)));
                }
            }
            case PeerEvidence.Unreached unreached ->
                store(before, new View(node, null, unreached.reason(), answeredAt(before)));
            case PeerEvidence.Invalid invalid ->
                store(before, new View(node, null, invalid.reason(), report.atNanos()));
        }
    }

    private void answered(Node node, @Nullable View before, PeerEvidence.Answered answered, long at) {
        // Only these two come from /healthz itself; a redirect or an error page is somebody else's, whatever it says.
        if (answered.status() != 200 && answered.status() != 503) {
            String problem = "its /healthz answers with status " + answered.status() + otherSoftware(node);
            store(before, new View(node, null, problem, at));
            return;
        }
        byte[] body = bytes(answered.body());
        switch (HealthDocument.parse(body)) {
            case HealthDocument.Parsed.Bad(var reason, String detail) -> {
                String problem = isPage(body)
                        ? "its /healthz is a web page" + otherSoftware(node)
                        : "its /healthz is not a health document: " + detail;
                store(before, new View(node, null, problem, at));
            }
            case HealthDocument.Parsed.Ok(NodeHealth health) -> {
                if (!health.node().equals(node.name())) {
                    String problem = "the node that answers calls itself \"" + health.node() + "\"";
                    store(before, new View(node, null, problem, at));
                    return;
                }
                store(before, new View(node, health, null, at));
                told(node, health.routers(), answered.askedAtNanos());
            }
        }
    }

    private static boolean isPage(byte[] body) {
        for (byte each : body) {
            if (!Character.isWhitespace(each)) {
                return each == '<';
            }
        }
        return false;
    }

    private static String otherSoftware(Node node) {
        return ": something other than hawser listens on port " + node.adminPort()
                + " there, as node_exporter does by default; give that another port, or hawser (admin.bind, and"
                + " nodes[].admin-port of that node)";
    }

    private void told(Node node, List<NodeHealth.Router> told, long at) {
        List<VirtualRouter> unheard = new ArrayList<>(routers);
        for (NodeHealth.Router each : told) {
            for (VirtualRouter router : routers) {
                if (isSame(router, each)) {
                    unheard.remove(router);
                    evidence(node, router, each, at, 0);
                }
            }
        }
        if (unheard.isEmpty()) {
            return;
        }
        // With another id neither hears the other, and each would hold the address for good.
        Map<ByteBuffer, NodeHealth.Router> byAddress = byAddress(told);
        for (VirtualRouter router : unheard) {
            router.holding().addresses().stream()
                    .map(each -> byAddress.get(ByteBuffer.wrap(each.address().getAddress())))
                    .filter(Objects::nonNull)
                    .findFirst()
                    .ifPresent(other -> evidence(node, router, other, at, other.id()));
        }
    }

    private static Map<ByteBuffer, NodeHealth.Router> byAddress(List<NodeHealth.Router> told) {
        Map<ByteBuffer, NodeHealth.Router> found = new HashMap<>();
        for (NodeHealth.Router router : told) {
            for (String text : router.addresses()) {
                byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
                if (bytes != null) {
                    found.putIfAbsent(ByteBuffer.wrap(bytes), router);
                }
            }
        }
        return found;
    }

    private void evidence(Node node, VirtualRouter router, NodeHealth.Router told, long at, int otherId) {
        // A router at priority 0 is leaving, and says nothing of what it will do.
        if (told.priority() != 0) {
            boolean active = told.state() == RouterState.ACTIVE;
            sink.evidence(
                    router.name(),
                    Evidence.Alive.advertising(node.address(), active, told.priority(), at)
                            .under(otherId));
        }
    }

    /** On the wire a router is its VRID and its family, whatever each file calls it. */
    private static boolean isSame(VirtualRouter own, NodeHealth.Router told) {
        boolean isSix = own.holding().addresses().getFirst().address() instanceof Inet6Address;
        return own.id() == told.id() && told.addresses().stream().allMatch(text -> text.contains(":") == isSix);
    }

    private void store(@Nullable View before, View now) {
        // A peer that a reload has removed meanwhile stays removed.
        if (before != null && views.replace(now.node().name(), before, now)) {
            sink.changed(before, now);
        }
    }

    private static @Nullable Long answeredAt(@Nullable View before) {
        return before == null ? null : before.answeredAt();
    }

    private static byte[] bytes(ByteBuffer body) {
        byte[] copy = new byte[body.remaining()];
        body.get(copy);
        return copy;
    }
}
