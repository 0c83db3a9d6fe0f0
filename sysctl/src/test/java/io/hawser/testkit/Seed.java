package io.hawser.testkit;

/**
 * The seed of what a test draws by lot: another one with each commit, and the same for each run of it. {@code -Dhawser.seed=N} repeats one;
 * a test tells the one it used when it fails.
 */
public final class Seed {
    private Seed() {}

    /** That of this run: what ./verify takes from the commit, else the time. */
    public static long ofThisRun() {
        return Long.getLong("hawser.seed", System.nanoTime());
    }
}
