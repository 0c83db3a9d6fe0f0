package io.hawser.vrrp;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.linux.Family;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one virtual router shall be. Immutable.
 *
 * @param name unique among the routers of a speaker
 * @param vrid 1 to 255, unique on its interface and family
 * @param version 2 or 3; version 2 is for IPv4 only
 * @param interfaceName the interface that carries the addresses; it may come and go
 * @param source this node's own address, by which peers know this node. Advertisements leave from it, but over IPv6
 *     multicast, or where it is of the other family, from an own address of the interface
 * @param addresses the virtual addresses, at least one, all of one family; over IPv6 the first is link-local
 * @param priority 2 to 254, or 255 for the owner of the addresses
 * @param interval between advertisements: multiples of 10 ms up to 40.95 s, whole seconds up to 255 s in version 2
 * @param maximumInterval the longest interval believed of another node, at least {@code interval}
 * @param transport how advertisements travel
 * @param peers the other nodes' own addresses; needed for unicast, else what is known of them
 * @param preempt whether a node of lower priority is replaced while it works
 * @param checksum which checksum version 3 sends over IPv4; both forms are accepted
 * @param password the password of version 2; empty for none
 * @param lease lifetime of an address in the kernel, whole seconds; empty: it stays until it is removed
 * @param announce how moved addresses are announced
 * @param startDelay what the first wait after the start lasts longer, unless an advertisement is heard
 * @param group routers of a speaker with the same group are active on one node, see {@link Group}; empty: moves alone
 * @param names what people call the nodes, by their own addresses, for explanations; may lack any
 * @param virtualMac whether the addresses are reached at the virtual MAC address of RFC 9568 7.3, the same on every node
 * @param accept whether packets to the addresses are accepted by a node that does not own them (Accept_Mode)
 */
public record RouterSpec(
        String name,
        int vrid,
        int version,
        String interfaceName,
        InetAddress source,
        List<VirtualAddress> addresses,
        int priority,
        Duration interval,
        Duration maximumInterval,
        Transport transport,
        List<InetAddress> peers,
        Preempt preempt,
        Checksum checksum,
        Optional<Password> password,
        Optional<Duration> lease,
        Announce announce,
        Duration startDelay,
        Optional<String> group,
        Map<InetAddress, String> names,
        boolean virtualMac,
        boolean accept) {

    /** A router on the MAC address of its interface, whose node accepts packets to its addresses. */
    public RouterSpec(
            String name,
            int vrid,
            int version,
            String interfaceName,
            InetAddress source,
            List<VirtualAddress> addresses,
            int priority,
            Duration interval,
            Duration maximumInterval,
            Transport transport,
            List<InetAddress> peers,
            Preempt preempt,
            Checksum checksum,
            Optional<Password> password,
            Optional<Duration> lease,
            Announce announce,
            Duration startDelay,
            Optional<String> group,
            Map<InetAddress, String> names) {
        this(
                name,
                vrid,
                version,
                interfaceName,
                source,
                addresses,
                priority,
                interval,
                maximumInterval,
                transport,
                peers,
                preempt,
                checksum,
                password,
                lease,
                announce,
                startDelay,
                group,
                names,
                false,
                true);
    }

    /** The same on its virtual MAC address, or not. */
    public RouterSpec withVirtualMac(boolean wanted) {
        return with(wanted, accept);
    }

    /** The same accepting packets to its addresses, or not. */
    public RouterSpec withAccept(boolean wanted) {
        return with(virtualMac, wanted);
    }

    private RouterSpec with(boolean mac, boolean accepting) {
        return new RouterSpec(
                name,
                vrid,
                version,
                interfaceName,
                source,
                addresses,
                priority,
                interval,
                maximumInterval,
                transport,
                peers,
                preempt,
                checksum,
                password,
                lease,
                announce,
                startDelay,
                group,
                names,
                mac,
                accepting);
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
    }

    private static final Duration LONGEST_VERSION_3 = Duration.ofMillis(40_950);
    private static final Duration LONGEST_VERSION_2 = Duration.ofSeconds(255);

    public RouterSpec {
        requireNonNull(name, "name");
        requireNonNull(interfaceName, "interfaceName");
        requireNonNull(source, "source");
        addresses = List.copyOf(addresses);
        requireNonNull(interval, "interval");
        requireNonNull(transport, "transport");
        peers = List.copyOf(peers);
        requireNonNull(preempt, "preempt");
        requireNonNull(checksum, "checksum");
        requireNonNull(password, "password");
        requireNonNull(lease, "lease");
        requireNonNull(announce, "announce");
        requireNonNull(startDelay, "startDelay");
        requireNonNull(group, "group");
        names = Map.copyOf(names);
        require(vrid >= 1 && vrid <= 255, "vrid " + vrid + " is not within 1 to 255");
        require(version == 2 || version == 3, "version " + version + " is neither 2 nor 3");
        require(priority >= 2 && priority <= 255, "priority " + priority + " is not within 2 to 255");
        require(!addresses.isEmpty() && addresses.size() <= 255, addresses.size() + " addresses are not 1 to 255");
        Family family = Family.of(addresses.getFirst().address());
        require(
                addresses.stream().allMatch(address -> Family.of(address.address()) == family),
                "addresses of two families need two routers");
        require(version == 3 || family == Family.IPV4, "version 2 is for IPv4 only");
        long step = version == 3 ? 10 : 1000;
        Duration longest = version == 3 ? LONGEST_VERSION_3 : LONGEST_VERSION_2;
        require(
                interval.isPositive() && interval.compareTo(longest) <= 0 && interval.toMillis() % step == 0,
                "interval " + interval + " is not a multiple of " + step + " ms up to " + longest);
        require(maximumInterval.compareTo(interval) >= 0, "maximum interval " + maximumInterval + " is below the own");
        require(
                lease.isEmpty()
                        || (lease.get().toMillis() >= 1000 && lease.get().toMillis() % 1000 == 0),
                "lease " + lease + " is not whole seconds");
        require(announce.count() >= 1, "announce count " + announce.count() + " is not at least 1");
        require(transport == Transport.MULTICAST || !peers.isEmpty(), "unicast without peers reaches nobody");
        require(
                transport == Transport.MULTICAST
                        || (Family.of(source) == family && peers.stream().allMatch(peer -> Family.of(peer) == family)),
                "unicast needs nodes of the addresses' family");
        require(password.isEmpty() || version == 2, "only version 2 has a password");
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalArgumentException("virtual router: " + otherwise);
        }
    }

    /** The family of the addresses. */
    Family family() {
        return Family.of(addresses.getFirst().address());
    }

    /** Whether a running router of the other spec can become this one without leaving the election. */
    boolean continues(RouterSpec other) {
        return vrid == other.vrid
                && version == other.version
                && family() == other.family()
                && interfaceName.equals(other.interfaceName)
                && transport == other.transport
                && source.equals(other.source)
                && virtualMac == other.virtualMac;
    }

    Election election() {
        // One answer may be missed; a peer that froze right after answering is still given up within the down interval.
        long freshness = interval.toNanos() * 2;
        return new Election(
                version,
                priority,
                interval.toNanos(),
                maximumInterval.toNanos(),
                preempt.allowed(),
                preempt.delay().toNanos(),
                startDelay.toNanos(),
                freshness,
                peers,
                names);
    }
}
