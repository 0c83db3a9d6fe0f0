package io.hawser.lb.daemon;

import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.proxy.NotAccepting;
import org.jspecify.annotations.Nullable;

/**
 * Tells when this node has not accepted connections for a while, and when it does again; and when it has no source port
 * left to connect to members from, or has ended connections for want of memory. Any thread.
 */
final class Overload {
    private static final String SUBJECT = "proxy";

    /** What a count has grown by, told at most once a minute. */
    private static final class OnceAMinute {
        private static final long GAP_NANOS = 60_000_000_000L;
        private long told;
        private long toldAt;
        private boolean isTold;

        /** By how much it has grown since that was told last; 0 when it is not to be told now. */
        long news(long count, long now) {
            long more = count - told;
            if (more <= 0 || (isTold && now - toldAt < GAP_NANOS)) {
                return 0;
            }
            told = count;
            toldAt = now;
            isTold = true;
            return more;
        }
    }

    private final EventLog events;
    private @Nullable NotAccepting told;
    private final OnceAMinute portless = new OnceAMinute();
    private final OnceAMinute unread = new OnceAMinute();

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
                    more + " connects to members failed, as every source port towards a member is in use"
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
                    more + " connections were ended that held buffers for a side that did not read, as memory for"
                            + " buffers ran short: look in the access log for the clients (unread), limit a source with"
                            + " limits.connections-per-source, or give more (-XX:MaxDirectMemorySize)");
        }
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
        } else if (now.lasting().compareTo(FitnessJudge.NOT_ACCEPTING) >= 0) {
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
