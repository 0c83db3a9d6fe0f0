package io.hawser.vrrp;

import io.hawser.vrrp.election.RouterState;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A virtual router at one moment. Immutable.
 *
 * @param name its name
 * @param vrid its VRID
 * @param state what it does
 * @param since when it went into that state, wall clock, for people
 * @param priority what this node advertises or would: the configured priority, or 1 when unfit
 * @param addresses its addresses, and whether each is on the interface
 * @param active the own address of the node that holds the addresses as far as is known; null when unknown
 * @param heardAt when an advertisement of another node was last accepted, on the System.nanoTime() scale; null for never
 * @param cause why it is in this state: the stable label
 * @param explanation the same in words, with the numbers
 * @param advertsSent advertisements sent since the start, one for each destination
 * @param advertsReceived advertisements accepted since the start
 * @param transitions changes of state since the start
 */
public record RouterStatus(
        String name,
        int vrid,
        RouterState state,
        Instant since,
        int priority,
        List<Held> addresses,
        @Nullable InetAddress active,
        @Nullable Long heardAt,
        String cause,
        String explanation,
        long advertsSent,
        long advertsReceived,
        Map<Change, Long> transitions) {

    /** An address, and whether it is on this node's interface. */
    public record Held(VirtualAddress address, boolean present) {}

    /** A kind of change of state, and its cause's label. */
    public record Change(RouterState to, String cause) {}

    public RouterStatus {
        addresses = List.copyOf(addresses);
        transitions = Map.copyOf(transitions);
    }
}
