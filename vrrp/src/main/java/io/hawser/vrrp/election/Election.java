package io.hawser.vrrp.election;

import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;

/**
 * The parameters of one virtual router that decide elections. Immutable.
 *
 * @param version 2 or 3; version 2 counts skew in seconds, whatever the interval
 * @param priority configured priority: 2 to 254, or 255 for the owner of the addresses
 * @param intervals from one advertisement to the next
 * @param takeover when this node takes the addresses
 * @param peers the other nodes when they are known, else empty
 * @param names what people call the nodes, by address, as far as it is known; only explanations use it
 */
public record Election(
        int version,
        int priority,
        Intervals intervals,
        Takeover takeover,
        List<InetAddress> peers,
        Map<InetAddress, String> names) {

    /**
     * How long it is from one advertisement to the next.
     *
     * @param ownNanos of this node
     * @param longestNanos the longest one believed of another node, so that a forged advertisement cannot stretch the down
     *     interval without end; at least the own
     */
    public record Intervals(long ownNanos, long longestNanos) {
        /** Checks their order. */
        public Intervals {
            if (ownNanos > longestNanos) {
                throw new IllegalArgumentException(
                        "interval of " + ownNanos + " ns is longer than the longest, " + longestNanos + " ns");
            }
        }
    }

    /**
     * When this node takes the addresses.
     *
     * @param preempt whether a lower-priority active node is replaced
     * @param preemptDelayNanos how long active nodes of a lower priority, be it one after another, must have been heard
     *     before the last one is replaced
     * @param startDelayNanos what the first wait after the start lasts longer, unless an advertisement is heard
     */
    public record Takeover(boolean preempt, long preemptDelayNanos, long startDelayNanos) {}

    /** The priority of the node that owns the addresses. RFC 9568 section 5.2.4. */
    public static final int OWNER_PRIORITY = 255;

    /** What an unfit node advertises. Configured priorities start above it, so any fit node beats it. */
    public static final int UNFIT_PRIORITY = 1;

    /** So many questions on the link have to go unanswered before a peer that says it is active is not believed. */
    static final int QUESTIONS = 3;

    private static final long SECOND = 1_000_000_000L;

    /** See {@link #settledNanos}: about a lease, after which the kernel of a dead node no longer answers for it. */
    private static final long SETTLED_NANOS = 2 * SECOND;

    private static final long SHORTEST_QUESTION_NANOS = SECOND / 10;

    /** Copies the peers and the names. */
    public Election {
        if (version != 2 && version != 3) {
            throw new IllegalArgumentException("version " + version + " is neither 2 nor 3");
        }
        peers = List.copyOf(peers);
        names = Map.copyOf(names);
    }

    /** The own advertisement interval, in nanoseconds. */
    public long intervalNanos() {
        return intervals.ownNanos();
    }

    /** Whether a lower-priority active node is replaced. */
    boolean preempt() {
        return takeover.preempt();
    }

    /**
     * How old an answer of a peer may be to still count. One may be missed. It is less than two intervals and a skew, or a
     * peer that froze right after answering would be believed past the down interval.
     */
    long freshnessNanos() {
        return 2 * intervals.ownNanos();
    }

    /** The priority to advertise and to compare with, 1 to 255. */
    public int effectivePriority(Fitness fitness) {
        return fitness == Fitness.FIT ? priority : UNFIT_PRIORITY;
    }

    // RFC 9568 6.1: Skew_Time = ((256 - Priority) * Active_Adver_Interval) / 256; RFC 3768 6.1: in seconds.
    long skewNanos(int effectivePriority, long activeIntervalNanos) {
        long base = version == 2 ? SECOND : activeIntervalNanos;
        return (256 - effectivePriority) * base / 256;
    }

    // RFC 9568 6.1: Active_Down_Interval = 3 * Active_Adver_Interval + Skew_Time
    long downNanos(int effectivePriority, long activeIntervalNanos) {
        return 3 * activeIntervalNanos + skewNanos(effectivePriority, activeIntervalNanos);
    }

    /**
     * The silence of this node, in nanoseconds, after which it must suppose that a peer is active: what the slowest peer
     * waits.
     */
    public long stallNanos() {
        return 3 * intervalNanos() + skewNanos(0, intervalNanos());
    }

    /** How long an answer to a question on the link is waited for: an idle kernel takes a millisecond, a busy one more. */
    long questionNanos() {
        return Math.max(intervalNanos(), SHORTEST_QUESTION_NANOS);
    }

    /**
     * How old an answer of a peer may be that says it is active, while no advertisement passes and the link has
     * confirmed that peer before. A busy machine is asked late now and then; that is no reason to move.
     */
    long settledNanos() {
        return Math.max(SETTLED_NANOS, 2 * freshnessNanos());
    }

    /** A node in words: its name and address, or the address alone. */
    public String named(InetAddress node) {
        String name = names.get(node);
        return name == null ? AddressText.of(node) : name + " (" + AddressText.of(node) + ")";
    }

    /** The advertised interval as far as it is believed. */
    long learnedNanos(long advertisedNanos) {
        return Math.min(advertisedNanos, intervals.longestNanos());
    }
}
