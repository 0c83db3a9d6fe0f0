package io.hawser.lb.daemon;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * How late a thread of this JVM is that wants to run each millisecond: what a measured time may owe to a busy machine. A
 * measurement during which this is large is spoilt, whatever it gave.
 */
final class Lateness implements AutoCloseable {
    private static final long STEP_NANOS = 1_000_000;

    private record Sample(long at, long lateNanos) {}

    private final Thread thread = new Thread(this::run, "lateness");
    private final Queue<Sample> samples = new ConcurrentLinkedQueue<>();
    private volatile boolean isEnding;

    Lateness() {
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        long before = System.nanoTime();
        while (!isEnding) {
            LockSupport.parkNanos(STEP_NANOS);
            long now = System.nanoTime();
            if (now - before > 2 * STEP_NANOS) {
                samples.add(new Sample(now, now - before - STEP_NANOS));
            }
            before = now;
        }
    }

    /** The worst since the start, or until it was closed; 0 below a millisecond. */
    Duration worst() {
        return worst(samples.stream().mapToLong(Sample::lateNanos));
    }

    /** The worst that ended at or after a time of {@link System#nanoTime()}. */
    Duration worstSince(long at) {
        return worst(samples.stream().filter(each -> each.at - at >= 0).mapToLong(Sample::lateNanos));
    }

    private static Duration worst(java.util.stream.LongStream nanos) {
        return Duration.ofNanos(nanos.max().orElse(0));
    }

    @Override
    public void close() throws InterruptedException {
        isEnding = true;
        thread.join();
    }
}
