package io.hawser.lb.daemon;

import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.proxy.NotAccepting;
import org.jspecify.annotations.Nullable;

/**
 * Tells when this node has not accepted connections for a while, and when it does again; and when it has no source port
 * left to connect to members from. Any thread.
 */
final class Overload {
    private static final String SUBJECT = "proxy";
    private static final long PORTLESS_GAP_NANOS = 60_000_000_000L;

    private final EventLog events;
    private @Nullable NotAccepting told;
    private long portless;
    private long portlessToldAt;
    private boolean isPortlessTold;

    Overload(EventLog events) {
        this.events = events;
    }

    /**
     * Takes how many connects have failed up to now for want of a source port; to be called again and again. Says so once
     * a minute.
     */
    synchronized void connectsWithoutPort(long count, long now) {
        long more = count - portless;
        if (more <= 0 || (isPortlessTold && now - portlessToldAt < PORTLESS_GAP_NANOS)) {
            return;
        }
        portless = count;
        portlessToldAt = now;
        isPortlessTold = true;
        events.append(
                "no-source-port",
                Severity.WARNING,
                SUBJECT,
                more + " connects to members failed, as every source port towards a member is in use (EADDRNOTAVAIL):"
                        + " widen net.ipv4.ip_local_port_range, or add members or a second port of each");
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
