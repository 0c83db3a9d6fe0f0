package io.hawser.lb.daemon;

import io.hawser.lb.admin.MetricFamilies;
import io.hawser.lb.config.Config;

/**
 * A part of a node, such as its listeners or its virtual routers. The {@link Daemon} has them in a list, and starts them in its order; what runs
 * then is a {@link RunningComponent}. What a component offers to others beyond this, it may be asked by any thread, also before it has started.
 */
interface Component {
    /**
     * Looks whether it can start at all, before any component does.
     *
     * @throws StartException when something is missing
     */
    default void requireStartable(Config config) {}

    /** Registers what it counts, before any component starts. The sources are read on the thread admin-pages. */
    default void register(MetricFamilies families) {}

    /**
     * Starts, under the daemon's monitor.
     *
     * @return what runs now
     * @throws RuntimeException when it cannot; what it had begun has ended by then
     */
    RunningComponent start(ActiveConfiguration first);
}
