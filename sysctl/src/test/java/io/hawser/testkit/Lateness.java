package io.hawser.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;

/**
 * How late threads of this JVM are that have two milliseconds of {@link Work} to do again and again, one on each processor: what a measured
 * time may owe to a busy machine. One that only woke up would see little of it, as the kernel favours who sleeps; and one
 * that may run anywhere sees nothing of a processor that a hypervisor has taken away. A measurement during which this is large is spoilt, whatever it gave.
 */
public final class Lateness implements AutoCloseable {
    private static final Duration SHORT_PAUSE = Duration.ofMillis(8);
    private static final long TOLD_NANOS = 1_000_000;

    private record Sample(long at, long lateNanos) {}

    private final long pauseNanos;
    private final List<Thread> threads = new ArrayList<>();
    private final Queue<Sample> samples = new ConcurrentLinkedQueue<>();
    private volatile boolean isEnding;

    /** Begins, for what is over in a few seconds: takes a fifth of each processor. */
    public Lateness() {
        this(SHORT_PAUSE);
    }

    /**
     * Begins.
     *
     * @param pause between two portions of work: what is shorter may go unseen, and what is long costs little
     */
    public Lateness(Duration pause) {
        this.pauseNanos = pause.toNanos();
        for (int processor = 0; processor < Runtime.getRuntime().availableProcessors(); processor++) {
            int own = processor;
            threads.add(Thread.ofPlatform().name("lateness-" + own).daemon().start(() -> run(own)));
        }
    }

    private void run(int processor) {
        Affinity.keepThisThreadOn(processor);
        long before = System.nanoTime();
        while (!isEnding) {
            LockSupport.parkNanos(pauseNanos);
            Work.doOnce();
            long now = System.nanoTime();
            long late = now - before - pauseNanos - Work.NANOS;
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

    /** What {@link Tries} discards a try for: empty where nothing was late for longer than {@code most} since a moment. */
    public List<String> spoilt(long fromAt, Duration most) {
        return spoilt(fromAt, System.nanoTime(), most);
    }

    /** The same for what ended between two moments on the {@link System#nanoTime()} scale. */
    public List<String> spoilt(long fromAt, long toAt, Duration most) {
        Duration late = worst(samples.stream()
                .filter(each -> each.at - fromAt >= 0 && each.at - toAt <= 0)
                .mapToLong(Sample::lateNanos));
        return late.compareTo(most) > 0
                ? List.of("a thread was %.1f ms late".formatted(late.toNanos() / 1e6))
                : List.of();
    }

    private static Duration worst(LongStream nanos) {
        return Duration.ofNanos(nanos.max().orElse(0));
    }

    @Override
    public void close() throws InterruptedException {
        isEnding = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
