package io.hawser.testkit;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * How late a thread of this JVM is that has two milliseconds of {@link Work} to do again and again: what a measured time may owe to a
 * busy machine. One that only woke up would see little of it, as the kernel favours who sleeps. A measurement during which this
 * is large is spoilt, whatever it gave.
 */
public final class Lateness implements AutoCloseable {
    private static final long PAUSE_NANOS = 8_000_000;
    private static final long TOLD_NANOS = 1_000_000;

    private record Sample(long at, long lateNanos) {}

    private final Thread thread = new Thread(this::run, "lateness");
    private final Queue<Sample> samples = new ConcurrentLinkedQueue<>();
    private volatile boolean isEnding;

    /** Begins. */
    public Lateness() {
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        long before = System.nanoTime();
        while (!isEnding) {
            LockSupport.parkNanos(PAUSE_NANOS);
            Work.doOnce();
            long now = System.nanoTime();
            long late = now - before - PAUSE_NANOS - Work.NANOS;
            if (late > TOLD_NANOS) {
                samples.add(new Sample(now, late));
            }
            before = now;
        }
    }

    /** The worst since the start, or until it was closed; 0 below a millisecond. */
    public Duration worst() {
        return worst(samples.stream().mapToLong(Sample::lateNanos));
    }

    /** The worst that ended at or after a time of {@link System#nanoTime()}. */
    public Duration worstSince(long at) {
        return worst(samples.stream().filter(each -> each.at - at >= 0).mapToLong(Sample::lateNanos));
    }

    /** What {@link Tries} discards a try for: empty where nothing was late for longer than {@code most} since a moment. */
    public List<String> spoilt(long at, Duration most) {
        Duration late = worstSince(at);
        return late.compareTo(most) > 0
                ? List.of("a thread was %.1f ms late".formatted(late.toNanos() / 1e6))
                : List.of();
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
