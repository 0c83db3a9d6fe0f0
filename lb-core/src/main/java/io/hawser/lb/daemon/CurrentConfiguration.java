package io.hawser.lb.daemon;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Which configuration is active, and which one a reload is making of it. Set by the one thread that starts, reloads or stops the node; read
 * by any, which reads it once and then uses what it got.
 */
final class CurrentConfiguration {
    private volatile ActiveConfiguration active;
    private volatile @Nullable ActiveConfiguration next;
    private final AtomicInteger turns = new AtomicInteger();

    /** What the node starts with. */
    CurrentConfiguration(ActiveConfiguration first) {
        active = first;
    }

    ActiveConfiguration active() {
        return active;
    }

    void active(ActiveConfiguration now) {
        active = now;
        turns.incrementAndGet();
    }

    /** What a reload is making of it, or the last one has made; null when none has, or the last one was taken back. */
    @Nullable
    ActiveConfiguration next() {
        return next;
    }

    void next(@Nullable ActiveConfiguration wanted) {
        next = wanted;
        turns.incrementAndGet();
    }

    /**
     * Another number after each beginning and end of a reload. Who puts together what several components say, and finds the same number
     * before and after, has not mixed one configuration with another.
     */
    int turns() {
        return turns.get();
    }
}
