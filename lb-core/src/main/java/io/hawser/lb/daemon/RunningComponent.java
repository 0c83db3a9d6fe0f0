package io.hawser.lb.daemon;

import io.hawser.lb.config.Config;
import io.hawser.lb.daemon.FitnessRules.LoopFact;
import java.util.List;

/**
 * A {@link Component} that has started. They change together and stop in reverse of their start, one after the other and under the daemon's monitor.
 *
 * <p>A change goes through the list twice. {@link #prepare} makes what can fail, and hands out its way back; when all have succeeded, {@link #commit}
 * makes the rest, which cannot fail. So a change that cannot be had in full leaves everything as it was.
 */
interface RunningComponent {
    /** What {@link #prepare} hands out when there is nothing to take back. */
    Runnable NOTHING = () -> {};

    /** Why it cannot become what a configuration says, in words; empty when it can. Changes nothing. */
    default List<String> whyUnchangeable(Config before, Config next) {
        return List.of();
    }

    /**
     * Makes what may fail of a change. What did not change is not touched.
     *
     * @return the way back
     * @throws RuntimeException when it cannot be had; this component is then as it was before
     */
    default Runnable prepare(ActiveConfiguration before, ActiveConfiguration after) {
        return NOTHING;
    }

    /** Makes the rest of a change, when it is sure to come. */
    default void commit(ActiveConfiguration before, ActiveConfiguration after) {}

    /** The pools have other members, as a source has changed them. On a thread of that source. */
    default void membersChanged() {}

    /** Lets go of what others wait for, addresses and connections, while everything still runs. May wait. */
    default void drain(Config config) {}

    /** Ends. */
    default void stop() {}

    /** The threads of it that serving depends on: a node on which one of them is stuck is not fit, and not live. */
    default List<LoopFact> servingThreads() {
        return List.of();
    }

    /** Other threads of it without which the process is not live. */
    default List<LoopFact> threads() {
        return List.of();
    }
}
