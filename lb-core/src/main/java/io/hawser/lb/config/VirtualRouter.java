package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.vrrp.RouterSpec.Carrier;
import io.hawser.vrrp.RouterSpec.Holding;
import io.hawser.vrrp.RouterSpec.Intervals;
import io.hawser.vrrp.RouterSpec.Protocol;
import io.hawser.vrrp.RouterSpec.Takeover;
import java.util.List;
import java.util.Optional;

/**
 * A VRRP router for addresses of one family on one interface. Immutable; everything that the file leaves open is decided here.
 *
 * @param name unique among the virtual routers
 * @param id VRID, 1 to 255, unique on its interface and family
 * @param protocol how it speaks; unicast only where every node has an address of the family
 * @param carrier the interface that carries the addresses, which may be missing now; {@link #NOT_KNOWN_YET} when its name is
 * @param holding the virtual addresses, and how they are held
 * @param intervals from one advertisement to the next
 * @param takeover when a node takes the addresses
 * @param group routers with the same one are active on the same node; empty: it moves alone
 * @param track what decides whether this node may hold the addresses
 * @param notifyCommands what is run when its state changes, in this order
 */
public record VirtualRouter(
        String name,
        int id,
        Protocol protocol,
        Carrier carrier,
        Holding holding,
        Intervals intervals,
        Takeover takeover,
        Optional<String> group,
        Track track,
        List<NotifyCommand> notifyCommands) {

    /**
     * The interface of a router that is to use the one with the node's address, as long as none has it. No interface is called
     * so: the name is longer than the kernel's may be.
     */
    public static final String NOT_KNOWN_YET = "with the node's address";

    public VirtualRouter {
        requireNonNull(name, "name");
        requireNonNull(protocol, "protocol");
        requireNonNull(carrier, "carrier");
        requireNonNull(holding, "holding");
        requireNonNull(intervals, "intervals");
        requireNonNull(takeover, "takeover");
        requireNonNull(group, "group");
        requireNonNull(track, "track");
        notifyCommands = List.copyOf(notifyCommands);
    }
}
