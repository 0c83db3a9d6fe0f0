package io.hawser.lb.admin;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What /healthz says: whether this node can serve, and what each of its virtual routers does. Immutable.
 *
 * @param node the node's name
 * @param fit whether it can serve
 * @param reasons why not, in words; empty when fit
 * @param routers its virtual routers
 * @param configuration what matters of its configuration to the others; null when it does not say
 */
public record NodeHealth(
        String node,
        boolean fit,
        List<String> reasons,
        List<Router> routers,
        @Nullable ConfigDigest configuration) {
    /**
     * A virtual router of the node.
     *
     * @param name its name in the configuration
     * @param id the VRID, 1 to 255
     * @param state what it does now
     * @param priority what it advertises, 0 to 255
     * @param addresses its virtual addresses, without prefix length
     */
    public record Router(String name, int id, RouterState state, int priority, List<String> addresses) {
        /** Copies {@code addresses}. */
        public Router {
            addresses = List.copyOf(addresses);
        }
    }

    /** Copies the lists. */
    public NodeHealth {
        reasons = List.copyOf(reasons);
        routers = List.copyOf(routers);
    }

    /** Says nothing of the configuration. */
    public NodeHealth(String node, boolean fit, List<String> reasons, List<Router> routers) {
        this(node, fit, reasons, routers, null);
    }

    byte[] json() {
        return JsonWriter.bytes(this::write);
    }

    private void write(JsonWriter out) {
        out.text("node", node)
                .flag("fit", fit)
                .texts("reasons", reasons)
                .objects(
                        "routers",
                        routers,
                        (inner, router) -> inner.text("name", router.name)
                                .number("id", router.id)
                                .text("state", router.state)
                                .number("priority", router.priority)
                                .texts("addresses", router.addresses));
        if (configuration != null) {
            out.object("configuration", configuration::write);
        }
    }
}
