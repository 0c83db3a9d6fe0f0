package io.hawser.sysctl.linux;

import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * A virtual service of IPVS (ipvsadm(8)). Immutable.
 *
 * @param key what it is known by
 * @param scheduler the name of its scheduler, such as {@code mh}, at most 15 characters
 * @param flags a sum of {@link #PERSISTENT}, {@link #ONE_PACKET}, {@link #FALLBACK} and {@link #PORT}; what the kernel
 *     adds for its own use is left out
 * @param persistenceSeconds how long a client stays with its destination; used only with {@link #PERSISTENT}
 * @param prefix how many bits of a client's address count for persistence: 0 to 32, or 1 to 128
 * @param counters what it has carried since it was made
 */
public record IpvsService(
        Key key, String scheduler, int flags, int persistenceSeconds, int prefix, IpvsCounters counters) {
    /** Connections of one client go to one destination. */
    public static final int PERSISTENT = 0x1;

    /** Each datagram is scheduled by itself (UDP). */
    public static final int ONE_PACKET = 0x4;

    /** For the schedulers mh and sh: a destination of weight 0 does not keep its share of the clients. */
    public static final int FALLBACK = 0x8;

    /** For the schedulers mh and sh: the client's port counts besides its address. */
    public static final int PORT = 0x10;

    static final int LONGEST_SCHEDULER = 15;
    private static final int KNOWN_FLAGS = PERSISTENT | ONE_PACKET | FALLBACK | PORT;

    /** What a service is known by. */
    public sealed interface Key {
        /** The family of its destinations, unless they say otherwise. */
        Family family();
    }

    /**
     * An address and a port.
     *
     * @param protocol the number of the protocol: 6 for TCP, 17 for UDP; others only where somebody else made the service
     * @param address its virtual address
     * @param port 1 to 65535; 0 for all ports, only where somebody else made the service
     */
    public record Address(int protocol, InetAddress address, int port) implements Key {
        /** The number of TCP. */
        public static final int TCP = 6;

        /** The number of UDP. */
        public static final int UDP = 17;

        /** Checks the ranges. */
        public Address {
            Objects.requireNonNull(address, "address");
            if (protocol < 0 || protocol > 0xFFFF || port < 0 || port > 0xFFFF) {
                throw new IllegalArgumentException("protocol " + protocol + ", port " + port);
            }
        }

        @Override
        public Family family() {
            return Family.of(address);
        }

        @Override
        public String toString() {
            String name = switch (protocol) {
                case TCP -> "tcp";
                case UDP -> "udp";
                default -> "protocol " + protocol;
            };
            return name + " " + AddressText.of(new InetSocketAddress(address, port));
        }
    }

    /**
     * A mark that a firewall puts on packets; hawser makes none of these.
     *
     * @param family of which packets
     * @param mark the mark, not 0
     */
    public record Mark(Family family, int mark) implements Key {
        @Override
        public String toString() {
            return "mark " + mark + " of " + family;
        }
    }

    /** Checks the ranges. */
    public IpvsService {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(counters, "counters");
        if (scheduler.length() > LONGEST_SCHEDULER) {
            throw new IllegalArgumentException("the name of a scheduler is longer than 15: " + scheduler);
        }
        flags &= KNOWN_FLAGS;
    }

    /** A service that has carried nothing, without persistence. */
    public IpvsService(Key key, String scheduler, int flags) {
        this(key, scheduler, flags, 0, key.family().bits(), IpvsCounters.NONE);
    }

    /** Whether the kernel would do the same with both, whatever they have carried. */
    public boolean isLike(IpvsService other) {
        return key.equals(other.key)
                && scheduler.equals(other.scheduler)
                && flags == other.flags
                && ((flags & PERSISTENT) == 0
                        || (persistenceSeconds == other.persistenceSeconds && prefix == other.prefix));
    }
}
