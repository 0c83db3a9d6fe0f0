package io.hawser.lb.admin;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that /status shows, taken at one moment. Immutable.
 *
 * @param node this node's name
 * @param version of the running process
 * @param startedAt when the process started
 * @param at when this was taken
 * @param ready whether the start is complete
 * @param fit whether this node can serve
 * @param reasons why not, in words; empty when fit
 * @param kernel what the kernel preparation changed
 * @param routers the virtual routers
 * @param peers the other nodes
 * @param listeners what clients connect to
 * @param pools where connections go
 * @param limits what the process may open, and has open
 * @param certificates when what is in each certificate file ends
 * @param warnings what is not a failure yet, in words
 */
public record Status(
        String node,
        String version,
        Instant startedAt,
        Instant at,
        boolean ready,
        boolean fit,
        List<String> reasons,
        List<KernelChange> kernel,
        List<Router> routers,
        List<Peer> peers,
        List<Listener> listeners,
        List<Pool> pools,
        Limits limits,
        List<Certificate> certificates,
        List<String> warnings) {

    /**
     * A kernel setting that was changed at start.
     *
     * @param setting its name, such as {@code net.ipv4.ip_forward}
     * @param before what it was
     * @param now what it is
     * @param why what needs it
     */
    public record KernelChange(String setting, String before, String now, String why) {}

    /**
     * A virtual router.
     *
     * @param name its name in the configuration
     * @param id the VRID, 1 to 255
     * @param state what it does on this node
     * @param since when it went into that state
     * @param priority what this node advertises, 0 to 255
     * @param addresses its virtual addresses
     * @param activeNode who holds the addresses as far as is known, null when nobody is known to
     * @param lastAdvertAge time since the last advertisement of another node, null when none was heard
     * @param cause why it is in this state, in words
     */
    public record Router(
            String name,
            int id,
            RouterState state,
            Instant since,
            int priority,
            List<Address> addresses,
            @Nullable String activeNode,
            @Nullable Duration lastAdvertAge,
            String cause) {
        /** Copies {@code addresses}. */
        public Router {
            addresses = List.copyOf(addresses);
        }
    }

    /**
     * A virtual address.
     *
     * @param address without prefix length
     * @param present whether it is on this node's interface now
     */
    public record Address(String address, boolean present) {}

    /**
     * Another node.
     *
     * @param name its name in the configuration
     * @param address its own address
     * @param up whether it answers
     * @param fit whether it says that it can serve, null when it does not answer
     * @param problem why it is not up or not fit, in words; null when it is both
     * @param routers what it says of its virtual routers; empty when it does not answer
     */
    public record Peer(
            String name,
            String address,
            boolean up,
            @Nullable Boolean fit,
            @Nullable String problem,
            List<PeerRouter> routers) {
        /** Copies {@code routers}. */
        public Peer {
            routers = List.copyOf(routers);
        }
    }

    /**
     * What another node says of a virtual router.
     *
     * @param name the router's name
     * @param state what it does there
     * @param priority what that node advertises, 0 to 255
     */
    public record PeerRouter(String name, RouterState state, int priority) {}

    /**
     * A listener.
     *
     * @param name its name in the configuration
     * @param bind addresses and ports, as configured
     * @param bound whether all of them are bound
     * @param paused whether accepting is paused at a limit
     * @param active connections now
     * @param limit most connections, 0 when only the process's limit counts
     * @param pool where its connections go
     * @param traffic what went through it since the process started
     */
    public record Listener(
            String name,
            List<String> bind,
            boolean bound,
            boolean paused,
            long active,
            long limit,
            String pool,
            Traffic traffic) {
        /** Copies {@code bind}. */
        public Listener {
            bind = List.copyOf(bind);
        }
    }

    /**
     * What went through a listener since the process started; it only grows.
     *
     * @param accepted connections it has accepted
     * @param fromClients bytes from clients to members
     * @param fromMembers bytes from members to clients
     * @param failed connections that found no member, or lost the one they had
     */
    public record Traffic(long accepted, long fromClients, long fromMembers, long failed) {}

    /**
     * A pool.
     *
     * @param name its name in the configuration
     * @param balance how a member is chosen
     * @param members in the order of the configuration
     */
    public record Pool(String name, String balance, List<Member> members) {
        /** Copies {@code members}. */
        public Pool {
            members = List.copyOf(members);
        }
    }

    /** Health of a member. */
    public enum MemberHealth {
        /** Not checked yet. */
        UNKNOWN,
        /** Takes connections. */
        UP,
        /** Keeps the connections it has and takes no new ones. */
        DRAINING,
        /** Takes nothing. */
        DOWN
    }

    /**
     * A member of a pool.
     *
     * @param name its name in the configuration
     * @param address host and port
     * @param health whether it takes connections
     * @param since when that was last changed
     * @param why the cause, in words
     * @param weight 0 or more; 0 takes no new connections
     * @param drained whether an operator has taken it out
     * @param connections now
     * @param queued connections that wait for a place at it
     * @param failures attempts to connect to it that failed, since the process started
     * @param share of the pool's new connections lately, 0 to 1
     * @param checkLatency how long the last check took, null before the first
     */
    public record Member(
            String name,
            String address,
            MemberHealth health,
            Instant since,
            String why,
            int weight,
            boolean drained,
            long connections,
            long queued,
            long failures,
            double share,
            @Nullable Duration checkLatency) {}

    /**
     * What the process may open, and has open.
     *
     * @param connections most connections at a time
     * @param active connections now
     * @param openFiles most descriptors of the process
     */
    public record Limits(long connections, long active, long openFiles) {}

    /**
     * The certificates in a file.
     *
     * @param file its path
     * @param expiresAt when the first of them ends
     */
    public record Certificate(String file, Instant expiresAt) {}

    /** The same with other warnings. */
    public Status with(List<String> others) {
        return new Status(
                node,
                version,
                startedAt,
                at,
                ready,
                fit,
                reasons,
                kernel,
                routers,
                peers,
                listeners,
                pools,
                limits,
                certificates,
                others);
    }

    /** Copies the lists. */
    public Status {
        reasons = List.copyOf(reasons);
        kernel = List.copyOf(kernel);
        routers = List.copyOf(routers);
        peers = List.copyOf(peers);
        listeners = List.copyOf(listeners);
        pools = List.copyOf(pools);
        certificates = List.copyOf(certificates);
        warnings = List.copyOf(warnings);
    }
}
