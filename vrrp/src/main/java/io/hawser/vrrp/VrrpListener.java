package io.hawser.vrrp;

import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.RouterState;
import java.net.InetAddress;
import java.util.Set;

/**
 * A listener for changes and alarms of virtual routers. Called in order, on a thread of its own that no router waits for, except {@link #ticked} and
 * {@link #released}; what it throws is logged.
 */
public interface VrrpListener {

    /**
     * A change of state.
     *
     * @param router the router's name
     * @param priority what this node advertises from now on: the configured priority, or 1 when unfit
     * @param cause stable label
     * @param explanation the cause in words, with the numbers
     */
    record Transition(
            String router, RouterState from, RouterState to, int priority, String cause, String explanation) {}

    /**
     * Something that a human should look at.
     *
     * @param router the router's name
     * @param explanation in words, with the numbers
     */
    record Alarm(String router, AlarmKind kind, String explanation) {}

    /** A router changed its state; what the change consists of has been done. */
    void moved(Transition transition);

    /** A human should look at this. Repeated at most once a minute for each router, kind and sender. */
    void alarmed(Alarm alarm);

    /**
     * This node has just given these addresses up: packets to them reach it no longer, and connections that were made to
     * them are of no use. On the vrrp thread: it must return at once.
     */
    default void released(Set<InetAddress> addresses) {}

    /** A timer ran; how late, in nanoseconds. On the vrrp thread: it must return at once. */
    default void ticked(long lateNanos) {}
}
