package io.hawser.lb.daemon;

import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.proxy.Fruitless;
import io.hawser.lb.proxy.NotAccepting;
import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Tells when this node has not accepted connections for a while, and when it does again; and when it has no source port
 * left to connect to members from, has ended connections for want of memory, or when many connections end for nothing. Any thread.
 */
final class Overload {
    private static final String SUBJECT = "proxy";

    /** From how many on in a second connections that end for nothing are told of. */
    static final long MOST_FOR_NOTHING = 1_000;

    /** Something that is told at most once a minute. */
    private static final class OnceAMinute {
        private static final long GAP_NANOS = 60_000_000_000L;
        private long told;
        private long toldAt;
        private boolean isTold;

        /** Whether it may be told now, which then counts as told. */
        boolean isDue(long now) {
            if (isTold && now - toldAt < GAP_NANOS) {
                return false;
            }
            toldAt = now;
            isTold = true;
            return true;
        }

        /** By how much a count has grown since that was told last; 0 when it is not to be told now. */
        long news(long count, long now) {
            long more = count - told;
            if (more <= 0 || !isDue(now)) {
                return 0;
            }
            told = count;
            return more;
        }
    }

    private final EventLog events;
    private @Nullable NotAccepting told;
    private final OnceAMinute portless = new OnceAMinute();
    private final OnceAMinute unread = new OnceAMinute();
    private final OnceAMinute forNothing = new OnceAMinute();

    Overload(EventLog events) {
        this.events = events;
    }

    /**
     * Takes how many connects have failed up to now for want of a source port; to be called again and again. Says so once
     * a minute.
     */
    synchronized void connectsWithoutPort(long count, long now) {
        long more = portless.news(count, now);
        if (more > 0) {
            events.append(
                    "no-source-port",
                    Severity.WARNING,
                    SUBJECT,
                    more + " connects to members failed: every source port towards a member is in use"
                            + " (EADDRNOTAVAIL): widen net.ipv4.ip_local_port_range, or add members or a second port"
                            + " of each");
        }
    }

    /**
     * Takes how many connections have been ended up to now because memory was short; to be called again and again. Says so
     * once a minute.
     */
    synchronized void connectionsUnread(long count, long now) {
        long more = unread.news(count, now);
        if (more > 0) {
            events.append(
                    "unread",
                    Severity.WARNING,
                    SUBJECT,
                    more + " connections were closed because buffer memory ran short and one side did not read: find"
                            + " the clients in the access log (outcome unread), limit a source with"
                            + " limits.connections-per-source, or give more memory (-XX:MaxDirectMemorySize)");
        }
    }

    /**
     * Takes how many connections ended for nothing in the last second; to be called again and again. Says so once a minute
     * when they are many, with who is behind most of them.
     */
    synchronized void connectionsForNothing(Fruitless second, long now) {
        String text = forNothing(second);
        if (text != null && forNothing.isDue(now)) {
            events.append("fruitless-connections", Severity.WARNING, SUBJECT, text);
        }
    }

    /** What there is to say of connections that end for nothing; null while they are few and nobody is held back. */
    static @Nullable String forNothing(Fruitless second) {
        if (second.ended() < MOST_FOR_NOTHING && second.heldBack() == 0) {
            return null;
        }
        InetAddress source = second.source();
        boolean isOfOne = second.ofSource() * 2 > second.ended();
        boolean isBounded = second.heldBack() > 0 || second.refused() * 2 > second.ended();
        return second.ended() + " connections a second end before the client gets a byte"
                + (source != null && isOfOne
                        ? ", " + second.ofSource() + " of them from " + AddressText.of(source)
                        : "")
                + (isBounded
                        ? "; " + second.refused() + " were refused by "
                                + (second.heldBack() * 2 > second.refused()
                                        ? "limits.fruitless-per-second-per-source"
                                        : "the listener's limits")
                                + ": a firewall in front of this host would stop them earlier"
                        : ": limit a source with new-per-second-per-source in the listener's limits, or block it with"
                                + " the listener's deny");
    }

    /**
     * Takes what there is to see now; to be called again and again.
     *
     * @param now why and for how long nobody is accepted; null while somebody would be
     */
    synchronized void look(@Nullable NotAccepting now) {
        NotAccepting before = told;
        if (now == null) {
            told = null;
            if (before != null) {
                events.append(
                        "not-accepting",
                        Severity.INFO,
                        SUBJECT,
                        "connections are accepted again, after "
                                + before.lasting().toSeconds() + " s");
            }
        } else if (now.lasting().compareTo(FitnessRules.NOT_ACCEPTING) >= 0) {
            told = now;
            if (before == null || before.why() != now.why()) {
                events.append(
                        "not-accepting",
                        Severity.WARNING,
                        SUBJECT,
                        "no connections are accepted: " + now.why().text() + "; "
                                + now.why().remedy());
            }
        }
    }
}
