package io.hawser.vrrp;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.linux.Poller;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The threads that wait for the kernel in place of the vrrp thread, and what they have answered and was not taken yet.
 * Vrrp thread, except {@link #answer}, which those threads call.
 */
final class KernelThreads implements AutoCloseable {
    private final Poller poller;
    private final InputGuard guard;
    private final Queue<Runnable> answers = new ConcurrentLinkedQueue<>();
    private @Nullable NetlinkThread changes;
    private @Nullable NetlinkThread reads;

    /** Starts none yet; {@code poller} is woken by answers. */
    KernelThreads(Poller poller, InputGuard guard) {
        this.poller = poller;
        this.guard = guard;
    }

    /**
     * Starts them, in the network namespace of the calling thread.
     *
     * @throws io.hawser.sysctl.linux.ErrnoException when there is no socket to be had
     */
    void start() {
        changes = new NetlinkThread("vrrp-changes", this::answer);
        reads = new NetlinkThread("vrrp-reads", this::answer);
    }

    /** Puts addresses on and takes them off. */
    NetlinkThread changes() {
        return requireNonNull(changes, "changes");
    }

    /** Looks; apart, so that no renewal stands behind a look. */
    NetlinkThread reads() {
        return requireNonNull(reads, "reads");
    }

    /** Takes what a thread that waits for the kernel has for the vrrp thread. Any thread. */
    void answer(Runnable answer) {
        answers.add(answer);
        poller.wake();
    }

    /** Takes all answers. */
    void runAnswers() {
        Runnable answer;
        while ((answer = answers.poll()) != null) {
            guard.runAfterStart("answer", answer);
        }
    }

    /** For how long the kernel has owed the answer that was asked for first, in nanoseconds; 0 when it owes none. */
    long owedNanos(long now) {
        return Math.max(changes().waitingNanos(now), reads().waitingNanos(now));
    }

    /** Whether every change was answered, or none could be asked for. */
    boolean areChangesDone() {
        return changes == null || changes.isIdle();
    }

    /** Ends them after what was asked so far; does not wait for that. */
    @Override
    public void close() {
        for (NetlinkThread each : new NetlinkThread[] {changes, reads}) {
            if (each != null) {
                each.close();
            }
        }
    }
}
