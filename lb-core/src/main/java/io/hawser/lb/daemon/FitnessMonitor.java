package io.hawser.lb.daemon;

import io.hawser.lb.daemon.FitnessRules.Facts;
import io.hawser.lb.daemon.FitnessRules.Tracked;
import io.hawser.lb.daemon.FitnessRules.Verdict;
import io.hawser.vrrp.election.Fitness;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges again and again whether this node can serve, on a thread of its own named "steward", so that no stalled loop can
 * keep it from noticing. {@link #verdict()} and {@link #lookNow()}: any thread.
 */
final class FitnessMonitor implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FitnessMonitor.class);
    private static final Duration PERIOD = Duration.ofMillis(100);

    /**
     * What is observed, and what of it counts. Immutable.
     *
     * @param everything what decides for the node as a whole
     * @param trackedBy what decides for each virtual router
     */
    record Observed(Facts facts, Tracked everything, Map<String, Tracked> trackedBy) {}

    private final Supplier<Observed> observer;
    private final BiConsumer<String, Verdict> toRouter;
    private final Consumer<Verdict> changed;
    private final Map<String, Verdict> told = new HashMap<>();
    private final Semaphore wake = new Semaphore(0);
    private final Thread thread;
    private volatile Verdict verdict = new Verdict(Fitness.UNFIT, List.of("starting"));
    private volatile long lookedAt = System.nanoTime();
    private volatile boolean isToldAgain;
    private volatile boolean isStopping;

    /**
     * Not started yet.
     *
     * @param observer what is observed now
     * @param toRouter takes a router's verdict each time it has changed; on the steward
     * @param changed takes the node's verdict each time it has changed; on the steward
     */
    FitnessMonitor(Supplier<Observed> observer, BiConsumer<String, Verdict> toRouter, Consumer<Verdict> changed) {
        this.observer = observer;
        this.toRouter = toRouter;
        this.changed = changed;
        this.thread = new Thread(this::run, "steward");
        thread.setDaemon(true);
    }

    void start() {
        lookedAt = System.nanoTime();
        thread.start();
    }

    /** The node as a whole. */
    Verdict verdict() {
        return verdict;
    }

    /** For how long it has not judged, which it does ten times a second; it grows while the thread is stuck, dead or failing. */
    Duration stalledFor() {
        return Duration.ofNanos(Math.max(0, System.nanoTime() - lookedAt));
    }

    /** Something changed: do not wait for the next round. */
    void lookNow() {
        wake.release();
    }

    /** Tells every router its verdict again, for there are new ones; they must be there by now. */
    void tellAgain() {
        isToldAgain = true;
        lookNow();
    }

    private void run() {
        while (!isStopping) {
            try {
                look();
                lookedAt = System.nanoTime();
                if (wake.tryAcquire(PERIOD.toMillis(), TimeUnit.MILLISECONDS)) {
                    wake.drainPermits();
                }
            } catch (InterruptedException e) {
                return;
            } catch (Throwable e) {
                log.atError().setCause(e).log("judging fitness failed; the last verdict stands");
                // Not again at once: whatever fails may fail each time.
                wake.drainPermits();
            }
        }
    }

    private void look() {
        if (isToldAgain) {
            isToldAgain = false;
            told.clear();
        }
        Observed now = observer.get();
        Verdict node = FitnessRules.judge(now.facts(), now.everything());
        if (!node.equals(verdict)) {
            verdict = node;
            changed.accept(node);
        }
        now.trackedBy().forEach((router, tracked) -> {
            Verdict own = FitnessRules.judge(now.facts(), tracked);
            if (!own.equals(told.put(router, own))) {
                toRouter.accept(router, own);
            }
        });
    }

    @Override
    public void close() {
        isStopping = true;
        thread.interrupt();
    }
}
