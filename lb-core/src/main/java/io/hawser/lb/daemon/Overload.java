package io.hawser.lb.daemon;

import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.proxy.NotAccepting;
import org.jspecify.annotations.Nullable;

/** Tells when this node has not accepted connections for a while, and when it does again. Any thread. */
final class Overload {
    private static final String SUBJECT = "proxy";

    private final EventLog events;
    private @Nullable NotAccepting told;

    Overload(EventLog events) {
        this.events = events;
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
