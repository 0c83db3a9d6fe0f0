package io.hawser.vrrp;

import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.State;
import io.hawser.vrrp.election.VrrpEngine;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the kernel carries out what one virtual router needs, and what is said where it does not: something may hold
 * its lock for interfaces and addresses. Vrrp thread.
 */
final class KernelReadiness {
    private static final Logger log = LoggerFactory.getLogger(KernelReadiness.class);

    /** The kernel's readiness for changes is taken as known for so long. */
    private static final long READY_NANOS = 100_000_000L;

    /** When the kernel has not done what was asked for so long, it is said. */
    private static final long BUSY_NANOS = 1_000_000_000L;

    private static final String HELD =
            "something holds its lock for interfaces and addresses (rtnl), such as the removal of many interfaces";

    private final String router;
    private final NetworkLink port;
    private final PendingChanges changes;
    private final RouterAlarms alarms;

    /** Whether it is being waited for, and when it was last known, that the kernel carries out changes. */
    private boolean isAsking;

    private long readyAt = System.nanoTime() - READY_NANOS;
    private boolean isBusySaid;
    /** For how many whole seconds the interface has not been read for the first time; 0: not worth a word. */
    private long unreadSeconds;

    /** Knows nothing yet; {@code router} is the name of the router. */
    KernelReadiness(String router, NetworkLink port, PendingChanges changes, RouterAlarms alarms) {
        this.router = router;
        this.port = port;
        this.changes = changes;
        this.alarms = alarms;
    }

    /**
     * Whether to wait for the kernel before a working node is preempted: it gives the addresses up as it hears of that,
     * and where this node's kernel carries out no change, nobody would have them.
     */
    boolean mustBeAsked(State state, long now) {
        if (!VrrpEngine.isPreempting(state, now) || now - readyAt < READY_NANOS) {
            return false;
        }
        if (!isAsking) {
            isAsking = true;
            int index = port.index();
            // It takes the lock and changes nothing.
            changes.request(routes -> routes.link(index) != null, outcome -> {
                isAsking = false;
                readyAt = System.nanoTime();
            });
        }
        return isAsking;
    }

    /** Whether {@link #mustBeAsked} waits for an answer. */
    boolean isAsking() {
        return isAsking;
    }

    /** Says when the kernel carries out no changes, and when it does so again. To be called in each turn. */
    void sayBusy(long now) {
        long owed = changes.owedNanos(now);
        if (owed == 0 && isBusySaid) {
            isBusySaid = false;
            log.atInfo().addKeyValue("router", router).log("the kernel carries out changes of addresses again");
        }
        if (owed >= BUSY_NANOS && !isBusySaid) {
            isBusySaid = true;
            alarms.complain(
                    AlarmKind.KERNEL_BUSY,
                    "kernel",
                    () -> "the kernel has not carried out a change of addresses for " + owed / 1_000_000 + " ms: "
                            + HELD + "; the election continues, the addresses follow when the kernel answers",
                    now);
        }
    }

    /**
     * Says that this router waits for its interface to be read for the first time, where that takes too long.
     *
     * @param waited for how long the kernel has not answered; 0 when the interface has been read
     * @return whether {@link #unread} is another text now
     */
    boolean unreadFor(long waited, long now) {
        long seconds = waited >= BUSY_NANOS ? waited / 1_000_000_000L : 0;
        if (seconds == unreadSeconds) {
            return false;
        }
        if (unreadSeconds == 0) {
            alarms.complain(AlarmKind.KERNEL_BUSY, "unread", () -> unread(seconds), now);
        } else if (seconds == 0) {
            log.atInfo().addKeyValue("router", router).log("the kernel answers again");
        }
        unreadSeconds = seconds;
        return true;
    }

    /** Why the router waits for its interface to be read, in words; null when it does not, or not for long. */
    @Nullable
    String unread() {
        return unreadSeconds == 0 ? null : unread(unreadSeconds);
    }

    private static String unread(long seconds) {
        return "the kernel has not answered for " + seconds + " s: " + HELD
                + "; this router stays in initialize until its interface has been read";
    }
}
