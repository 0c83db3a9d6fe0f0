package io.hawser.vrrp.election;

import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;
import java.util.Objects;

/**
 * What is known about a peer from outside VRRP, by probing it. Evidence speeds up and prevents takeovers and is never
 * needed: without any, a router does what the RFC says. Immutable.
 */
public sealed interface Evidence {

    /** How something is known. What one channel says about a peer replaces what it said before, and nothing else. */
    enum Channel {
        /** Its /healthz, asked over TCP. */
        PROBE
    }

    /** How it is known. */
    default Channel channel() {
        return Channel.PROBE;
    }

    /** The peer's node address; it may advertise from another one, see {@link PeerKnowledge#nodeOf}. */
    InetAddress peer();

    /** When it was true, on the {@link System#nanoTime()} scale: the time of the fact, not that of its report. */
    long at();

    /**
     * A kept-open connection to the peer was lost and a new one is refused by a machine that answers. A timeout is not
     * that. An advertisement of the peer that is heard after that contradicts it.
     *
     * @param peer the peer's node address
     * @param reason what shows it, in words: "connection refused"
     * @param isClosed whether the connection was ended by the peer's kernel of its own accord, as when a process dies;
     *     false: it was reset in answer to something, which a firewall does as well
     * @param at when a new connection was first refused, on the {@link System#nanoTime()} scale, however often it was
     *     since
     */
    record Gone(InetAddress peer, String reason, boolean isClosed, long at) implements Evidence {
        /** Checks that both are present. */
        public Gone {
            Objects.requireNonNull(peer, "peer");
            Objects.requireNonNull(reason, "reason");
        }
    }

    /**
     * The peer's process answered.
     *
     * @param peer the peer's node address
     * @param active whether it says that it holds this virtual router
     * @param fit whether it says that it can serve
     * @param priority the priority it says that it advertises, 1 to 255
     * @param at when the answer arrived, on the {@link System#nanoTime()} scale
     * @param otherId the VRID that it has for the same addresses, where that is another one than here, so that the two
     *     never hear each other; 0 where it is the same
     */
    record Alive(InetAddress peer, boolean active, boolean fit, int priority, long at, int otherId)
            implements Evidence {
        /** Checks that the address is present and the priority in range. */
        public Alive {
            Objects.requireNonNull(peer, "peer");
            if (priority < 1 || priority > 255) {
                throw new IllegalArgumentException(
                        "priority " + priority + " of peer " + AddressText.of(peer) + " is not a priority (1 to 255)");
            }
        }

        /** The VRID is the same. */
        public Alive(InetAddress peer, boolean active, boolean fit, int priority, long at) {
            this(peer, active, fit, priority, at, 0);
        }

        /** The same of a peer that has another VRID for the addresses. */
        public Alive under(int id) {
            return new Alive(peer, active, fit, priority, at, id);
        }

        /** What a peer says that it advertises tells whether it is fit: an unfit node advertises priority 1. */
        public static Alive advertising(InetAddress peer, boolean active, int priority, long at) {
            return new Alive(peer, active, priority > Election.UNFIT_PRIORITY, priority, at);
        }
    }
}
