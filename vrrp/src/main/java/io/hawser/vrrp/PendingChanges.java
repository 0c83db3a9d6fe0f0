package io.hawser.vrrp;

/**
 * The changes that one router has asked of the kernel: how many there were, and which are not answered yet. Vrrp thread.
 */
final class PendingChanges {
    /**
     * This thread looks several times as often. Where it did not, it was frozen itself, and knows nothing of the kernel
     * in that time.
     */
    private static final long FROZEN_NANOS = 1_000_000_000L;

    private final Netlink netlink;
    private final Runnable answered;
    private int asked;
    private int pending;
    private long owedSince;
    private long lookedAt;

    /** @param answered is run after each answer was taken: it may have changed what the router is */
    PendingChanges(Netlink netlink, Runnable answered) {
        this.netlink = netlink;
        this.answered = answered;
    }

    /** Asks for a change; what comes of it is taken with the vrrp thread's other news. */
    <T> void request(Netlink.Request<T> what, Netlink.Answer<T> then) {
        if (pending == 0) {
            owedSince = System.nanoTime();
            lookedAt = owedSince;
        }
        asked++;
        pending++;
        netlink.request(what, outcome -> {
            pending--;
            owedSince = System.nanoTime();
            try {
                then.take(outcome);
            } finally {
                answered.run();
            }
        });
    }

    /** Whether all were answered. */
    boolean isIdle() {
        return pending == 0;
    }

    /** What {@link #isCurrent} is to be asked with about what is read from now on; never current while one is pending. */
    int mark() {
        return pending == 0 ? asked : -1;
    }

    /** Whether all changes were done before something was read, and none was asked for since. */
    boolean isCurrent(int mark) {
        return pending == 0 && mark == asked;
    }

    /** For how many nanoseconds the kernel has owed the next answer; 0 when it owes none. To be asked in each turn. */
    long owedNanos(long now) {
        if (now - lookedAt > FROZEN_NANOS) {
            owedSince = now;
        }
        lookedAt = now;
        return pending == 0 ? 0 : Math.max(0, now - owedSince);
    }
}
