package io.hawser.vrrp.election;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** Everything that can happen to a virtual router. Immutable. */
public sealed interface Event {

    /** A timer may be due; arrives after the receive queues were drained. */
    record Tick() implements Event {}

    /**
     * A valid advertisement of another node arrived.
     *
     * @param source its sender
     * @param priority 0 (resigns) to 255
     * @param intervalNanos how often the sender says that it advertises; more than 0
     */
    record AdvertReceived(InetAddress source, int priority, long intervalNanos) implements Event {}

    /**
     * This node's fitness was judged; may repeat what is known.
     *
     * @param fitness the verdict
     * @param reason why, in words
     */
    record FitnessChanged(Fitness fitness, String reason) implements Event {}

    /**
     * The interface changed, or is known for the first time.
     *
     * @param up whether frames can leave
     * @param primary the address that advertisements leave from, null when there is none
     */
    record Link(boolean up, @Nullable InetAddress primary) implements Event {}

    /** Something about a peer became known out of band. */
    record PeerEvidence(Evidence evidence) implements Event {}

    /**
     * Another machine answered for a virtual address when it was asked on the link; its kernel alone may have done so.
     *
     * @param mac its MAC address, in words
     * @param node which of the peers it is; null where that is not known, as with a virtual MAC address, which all have
     */
    record Answered(String mac, @Nullable InetAddress node) implements Event {}

    /** The election parameters changed; the engine is given the new ones with this event and from then on. */
    record Reconfigured() implements Event {}

    /**
     * The timer is due, but another router of the group on this node follows an active node. Comes instead of the tick.
     *
     * @param router the other router's name
     * @param source the node that it follows
     * @param priority what that node advertises
     * @param at when it was last heard
     */
    record GroupHold(String router, InetAddress source, int priority, long at) implements Event {}

    /**
     * Another router of the group is active on this node.
     *
     * @param router its name
     * @param quietSince since when it had heard nobody, when it became active
     */
    record GroupActive(String router, long quietSince) implements Event {}

    /**
     * The group belongs elsewhere.
     *
     * @param router the other router that shows it
     * @param why how, in words
     * @param first whether this router is the first one of the group
     */
    record GroupLeft(String router, String why, boolean first) implements Event {}

    /**
     * The machine was suspended, and the scale of all times stood still meanwhile.
     *
     * @param nanos for how long; more than 0
     */
    record Slept(long nanos) implements Event {}

    /** The router is to stop, giving up what it holds. */
    record Shutdown() implements Event {}
}
