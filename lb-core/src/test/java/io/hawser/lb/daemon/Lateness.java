package io.hawser.lb.daemon;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * How late a thread of this JVM is that wants to run each millisecond: what a measured time may owe to a busy machine. A
 * measurement during which this is large is spoilt, whatever it gave.
 */
final class Lateness implements AutoCloseable {
    private static final long STEP_NANOS = 1_000_000;

    private final Thread thread = new Thread(this::run, "lateness");
    private volatile long worstNanos;
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
            worstNanos = Math.max(worstNanos, now - before - STEP_NANOS);
            before = now;
        }
    }

    /** The worst since the start, or until it was closed. */
    Duration worst() {
        return Duration.ofNanos(worstNanos);
    }

    @Override
    public void close() throws InterruptedException {
        isEnding = true;
        thread.join();
    }
}
