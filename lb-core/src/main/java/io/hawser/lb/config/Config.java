package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * One valid configuration as this node sees it. Immutable, any thread; two equal configurations ask for the same running state.
 *
 * @param nodes every load-balancer node in file order, this one included; at least one
 * @param self the entry of {@code nodes} that is this node; none of them as long as it is {@link Node#NOT_KNOWN_YET}
 * @param virtualRouters what this node speaks VRRP for; may be empty
 * @param listeners what this node accepts connections on; may be empty when there are virtual routers
 * @param pools where connections go; names are unique
 * @param admin the admin endpoint and the control socket
 * @param kernel what is prepared in the kernel at start
 * @param limits limits of the whole process
 * @param files absolute paths of all files that it names, with what must not be told in some; for watching and mounting them
 */
public record Config(
        List<Node> nodes,
        Node self,
        List<VirtualRouter> virtualRouters,
        List<Listener> listeners,
        List<Pool> pools,
        Admin admin,
        Kernel kernel,
        Limits limits,
        Set<Path> files) {

    public Config {
        nodes = List.copyOf(nodes);
        requireNonNull(self, "self");
        virtualRouters = List.copyOf(virtualRouters);
        listeners = List.copyOf(listeners);
        pools = List.copyOf(pools);
        requireNonNull(admin, "admin");
        requireNonNull(kernel, "kernel");
        requireNonNull(limits, "limits");
        files = Set.copyOf(files);
    }

    /** The other nodes, in file order. */
    public List<Node> peers() {
        return nodes.stream().filter(node -> !node.equals(self)).toList();
    }

    /**
     * The pool with that name.
     *
     * @throws IllegalStateException when there is none
     */
    public Pool pool(String name) {
        for (Pool pool : pools) {
            if (pool.name().equals(name)) {
                return pool;
            }
        }
        throw new IllegalStateException("no pool \"" + name + "\" in this configuration");
    }
}
