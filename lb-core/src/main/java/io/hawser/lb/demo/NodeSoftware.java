package io.hawser.lb.demo;

import java.nio.file.Path;
import java.util.List;

/** What runs on a load-balancer node; the same network, faults and client measure any. */
public interface NodeSoftware {
    /**
     * The commands to start on a node, each becoming one process; configuration files are written to {@code directory}, which exists.
     *
     * @param node the node's name, one of {@link Network#NODES}
     */
    List<List<String>> prepare(String node, Path directory);

    /** Whether the node, started and running, could take over now. Called a few times a second; blocks shortly. */
    boolean isReady(Network network, String node);
}
