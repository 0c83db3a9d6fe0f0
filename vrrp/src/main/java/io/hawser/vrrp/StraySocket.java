package io.hawser.vrrp;

import io.hawser.sysctl.linux.Poller;
import io.hawser.sysctl.linux.RawSocket;

/**
 * A second socket, for what is not for any router here: it has a queue of its own, and is left alone when there is
 * too much, so that whoever floods it fills nothing that a peer's advertisements need. Vrrp thread.
 */
final class StraySocket {
    /** So much of what nobody here waits for is looked at, to be counted and named. */
    private static final int PER_SECOND = 200;

    private static final int BURST = 100;

    private final RawSocket socket;
    private final Poller poller;
    private final Allowance allowance = new Allowance(PER_SECOND, BURST);
    private boolean isPaused;
    private long droppedBefore;

    /**
     * One that is looked at.
     *
     * @param socket stays its owner's, who closes it
     * @param poller waits for it already
     */
    StraySocket(RawSocket socket, Poller poller) {
        this.socket = socket;
        this.poller = poller;
    }

    RawSocket socket() {
        return socket;
    }

    /** Whether it is left alone, as too many came. */
    boolean isPaused() {
        return isPaused;
    }

    /** Whether the last wait of the poller found packets on it. */
    boolean isReady() {
        return !isPaused && poller.isReady(socket.fd());
    }

    /** Counts a packet that was for no router; after one too many it is left alone. */
    void count(long now) {
        if (!allowance.take(now)) {
            poller.unregister(socket.fd());
            isPaused = true;
            // Some kernels also count what the filter kept away: only while this is paused is it strays above
            // all.
            var _ = dropped();
        }
    }

    /** Looks at it again if it was left alone for long enough. @return about how many the kernel dropped meanwhile */
    long resume(long now) {
        if (!isPaused || !allowance.isWorthWhile(now)) {
            return 0;
        }
        poller.register(socket.fd());
        isPaused = false;
        return dropped();
    }

    /** What the kernel has dropped since this was last called. */
    private long dropped() {
        long before = droppedBefore;
        droppedBefore = socket.dropped();
        return droppedBefore - before & 0xFFFF_FFFFL;
    }
}
