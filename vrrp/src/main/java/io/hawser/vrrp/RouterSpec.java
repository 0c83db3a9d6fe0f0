package io.hawser.vrrp;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.linux.Family;
import io.hawser.vrrp.election.Election;
import io.hawser.vrrp.election.Group;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The configuration of one virtual router. Immutable.
 *
 * @param name unique among the routers of a speaker
 * @param vrid 1 to 255, unique on its interface and family
 * @param protocol how it speaks
 * @param carrier where its addresses are put
 * @param holding its addresses, and how they are held
 * @param nodes this node and the others
 * @param intervals from one advertisement to the next
 * @param takeover when the addresses are taken
 * @param group routers of a speaker with the same group are active on one node, see {@link Group}; empty: moves alone
 */
public record RouterSpec(
        String name,
        int vrid,
        Protocol protocol,
        Carrier carrier,
        Holding holding,
        Nodes nodes,
        Intervals intervals,
        Takeover takeover,
        Optional<String> group) {

    /**
     * How a router speaks. Immutable.
     *
     * @param version 2 or 3; version 2 is for IPv4 only
     * @param transport how advertisements travel
     * @param checksum which checksum version 3 sends over IPv4; both forms are accepted
     * @param password the password of version 2; empty for none
     */
    public record Protocol(int version, Transport transport, Checksum checksum, Optional<Password> password) {
        public Protocol {
            requireNonNull(transport, "transport");
            requireNonNull(checksum, "checksum");
            requireNonNull(password, "password");
            require(version == 2 || version == 3, "version " + version + " is neither 2 nor 3");
            require(password.isEmpty() || version == 2, "only version 2 has a password");
        }

        /** The authentication that its advertisements carry, and those of its peers have to. */
        Authentication authentication() {
            return password.map(Authentication::pass).orElse(Authentication.NONE);
        }
    }

    /**
     * Where the addresses of a router are put. Immutable.
     *
     * @param interfaceName the interface; it may come and go
     * @param virtualMac whether they are reached at the virtual MAC address of RFC 9568 7.3, the same on every node
     */
    public record Carrier(String interfaceName, boolean virtualMac) {
        public Carrier {
            requireNonNull(interfaceName, "interfaceName");
        }
    }

    /**
     * The addresses of a router, and how they are held. Immutable.
     *
     * @param addresses at least one, all of one family; over IPv6 the first is link-local
     * @param lease lifetime of an address in the kernel, whole seconds; empty: it stays until it is removed
     * @param announce how moved addresses are announced
     * @param accept whether packets to the addresses are accepted by a node that does not own them (Accept_Mode)
     */
    public record Holding(List<VirtualAddress> addresses, Optional<Duration> lease, Announce announce, boolean accept) {
        public Holding {
            addresses = List.copyOf(addresses);
            requireNonNull(lease, "lease");
            requireNonNull(announce, "announce");
            require(!addresses.isEmpty() && addresses.size() <= 255, addresses.size() + " addresses are not 1 to 255");
            Family family = Family.of(addresses.getFirst().address());
            require(
                    addresses.stream().allMatch(address -> Family.of(address.address()) == family),
                    "addresses of two families need two routers");
            require(
                    lease.isEmpty()
                            || (lease.get().toMillis() >= 1000 && lease.get().toMillis() % 1000 == 0),
                    "lease " + lease + " is not whole seconds");
        }
    }

    /**
     * This node and the others. Immutable.
     *
     * @param own this node's own address, by which peers know this node. Advertisements leave from it, but over IPv6
     *     multicast, or where it is of the other family, from an own address of the interface
     * @param priority 2 to 254, or 255 for the owner of the addresses
     * @param peers the other nodes' own addresses; needed for unicast, else what is known of them
     * @param names what people call the nodes, by their own addresses, for explanations; may lack any
     */
    public record Nodes(InetAddress own, int priority, List<InetAddress> peers, Map<InetAddress, String> names) {
        public Nodes {
            requireNonNull(own, "own");
            peers = List.copyOf(peers);
            names = Map.copyOf(names);
            require(priority >= 2 && priority <= 255, "priority " + priority + " is not within 2 to 255");
        }
    }

    /**
     * How long it is from one advertisement to the next. Immutable.
     *
     * @param own of this node: multiples of 10 ms up to 40.95 s, whole seconds up to 255 s in version 2
     * @param longest the longest one believed of another node, at least {@code own}
     */
    public record Intervals(Duration own, Duration longest) {
        public Intervals {
            requireNonNull(own, "own");
            requireNonNull(longest, "longest");
            require(own.isPositive(), "interval " + own + " is not positive");
            require(longest.compareTo(own) >= 0, "longest interval " + longest + " is below its own interval " + own);
        }
    }

    /**
     * When the addresses are taken. Immutable.
     *
     * @param preempt whether a node of lower priority is replaced while it works
     * @param startDelay what the first wait after the start lasts longer, unless an advertisement is heard
     */
    public record Takeover(Preempt preempt, Duration startDelay) {
        public Takeover {
            requireNonNull(preempt, "preempt");
            requireNonNull(startDelay, "startDelay");
        }
    }

    /** How advertisements travel. */
    public enum Transport {
        /** To each peer's own address; only peers are listened to. */
        UNICAST,
        /** To 224.0.0.18 or ff02::12 on the interface. */
        MULTICAST
    }

    /** Which checksum is sent. */
    public enum Checksum {
        /** What the peers send; with a pseudo-header until one was heard, which every implementation accepts. */
        AUTO,
        /** Over the message only, RFC 9568 5.2.8. */
        RFC9568,
        /** With a pseudo-header, as many implementations read RFC 5798. */
        PSEUDO_HEADER
    }

    /**
     * Whether a node of lower priority is replaced while it works.
     *
     * @param allowed whether at all
     * @param delay for how long it must have been heard before
     */
    public record Preempt(boolean allowed, Duration delay) {
        /** The addresses stay where they are. */
        public static final Preempt NEVER = new Preempt(false, Duration.ZERO);
    }

    /**
     * How moved addresses are announced.
     *
     * @param count announcements of each address in a burst, at least 1
     * @param againAfter a second burst follows after this; empty: none
     * @param refresh one announcement is repeated this often; empty: never
     */
    public record Announce(int count, Optional<Duration> againAfter, Optional<Duration> refresh) {
        /** Five, five more after 5 s, and one each minute. */
        public static final Announce DEFAULT =
                new Announce(5, Optional.of(Duration.ofSeconds(5)), Optional.of(Duration.ofSeconds(60)));

        public Announce {
            requireNonNull(againAfter, "againAfter");
            requireNonNull(refresh, "refresh");
            require(count >= 1, "announce count " + count + " is not at least 1");
        }
    }

    private static final Duration LONGEST_VERSION_3 = Duration.ofMillis(40_950);
    private static final Duration LONGEST_VERSION_2 = Duration.ofSeconds(255);

    public RouterSpec {
        requireNonNull(name, "name");
        requireNonNull(group, "group");
        require(vrid >= 1 && vrid <= 255, "vrid " + vrid + " is not within 1 to 255");
        Family family = Family.of(holding.addresses().getFirst().address());
        boolean isVersion3 = protocol.version() == 3;
        require(isVersion3 || family == Family.IPV4, "version 2 is for IPv4 only");
        long step = isVersion3 ? 10 : 1000;
        Duration longest = isVersion3 ? LONGEST_VERSION_3 : LONGEST_VERSION_2;
        Duration interval = intervals.own();
        require(
                interval.compareTo(longest) <= 0 && interval.toMillis() % step == 0,
                "interval " + interval + " is not a multiple of " + step + " ms up to " + longest);
        boolean isUnicast = protocol.transport() == Transport.UNICAST;
        require(!isUnicast || !nodes.peers().isEmpty(), "unicast without peers reaches nobody");
        require(
                !isUnicast
                        || (Family.of(nodes.own()) == family
                                && nodes.peers().stream().allMatch(peer -> Family.of(peer) == family)),
                "unicast needs nodes of the addresses' family");
        requireNonNull(takeover, "takeover");
    }

    /** The same on its virtual MAC address, or not. */
    public RouterSpec withVirtualMac(boolean wanted) {
        return with(new Carrier(carrier.interfaceName(), wanted));
    }

    /** The same accepting packets to its addresses, or not. */
    public RouterSpec withAccept(boolean wanted) {
        return with(new Holding(holding.addresses(), holding.lease(), holding.announce(), wanted));
    }

    /** The same elsewhere. */
    public RouterSpec with(Carrier other) {
        return new RouterSpec(name, vrid, protocol, other, holding, nodes, intervals, takeover, group);
    }

    /** The same with other addresses, or holding them otherwise. */
    public RouterSpec with(Holding other) {
        return new RouterSpec(name, vrid, protocol, carrier, other, nodes, intervals, takeover, group);
    }

    /** The same among other nodes. */
    public RouterSpec with(Nodes other) {
        return new RouterSpec(name, vrid, protocol, carrier, holding, other, intervals, takeover, group);
    }

    /** The same with other intervals. */
    public RouterSpec with(Intervals other) {
        return new RouterSpec(name, vrid, protocol, carrier, holding, nodes, other, takeover, group);
    }

    /** The same that takes the addresses at other times. */
    public RouterSpec with(Takeover other) {
        return new RouterSpec(name, vrid, protocol, carrier, holding, nodes, intervals, other, group);
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalArgumentException("virtual router: " + otherwise);
        }
    }

    /** The family of the addresses. */
    Family family() {
        return Family.of(holding.addresses().getFirst().address());
    }

    /** Whether a running router of the other spec can become this one without leaving the election. */
    boolean continues(RouterSpec other) {
        return vrid == other.vrid
                && protocol.version() == other.protocol.version()
                && family() == other.family()
                && carrier.equals(other.carrier)
                && protocol.transport() == other.protocol.transport()
                && nodes.own().equals(other.nodes.own());
    }

    Election election() {
        return new Election(
                protocol.version(),
                nodes.priority(),
                new Election.Intervals(
                        intervals.own().toNanos(), intervals.longest().toNanos()),
                new Election.Takeover(
                        takeover.preempt().allowed(),
                        takeover.preempt().delay().toNanos(),
                        takeover.startDelay().toNanos()),
                nodes.peers(),
                nodes.names());
    }
}
