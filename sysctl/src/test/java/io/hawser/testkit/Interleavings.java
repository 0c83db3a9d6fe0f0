package io.hawser.testkit;

import org.jetbrains.lincheck.Lincheck;

/**
 * Runs threads beside one another under a model checker, which decides who goes on at each access to what they share, and tells the order
 * that led to a failure. {@code -Dhawser.interleavings=20000} for more orders.
 */
public final class Interleavings {
    private static final int RUNS = Integer.getInteger("hawser.interleavings", 60);

    private Interleavings() {}

    /** Runs a scenario once for each order; it makes all that it uses anew. */
    public static void each(Runnable scenario) {
        Lincheck.runConcurrentTest(RUNS, scenario);
    }

    /** Runs tasks beside one another, to the end of all. */
    public static void beside(Runnable... tasks) {
        Thread[] threads = new Thread[tasks.length];
        for (int i = 0; i < tasks.length; i++) {
            threads[i] = new Thread(tasks[i]);
            threads[i].start();
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
