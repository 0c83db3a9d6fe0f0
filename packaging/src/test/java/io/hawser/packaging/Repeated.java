package io.hawser.packaging;

import io.hawser.testkit.Work;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/** Something that is done again and again on a thread of its own, and how long each took. Any thread may ask. */
final class Repeated implements AutoCloseable {
    /** What is done once; an exception is a failure. */
    interface Task {
        void run() throws IOException;
    }

    /**
     * What was seen in a while.
     *
     * @param millis how long each that succeeded took, in order of length
     * @param failures how often, by reason
     */
    record Seen(List<Double> millis, Map<String, Integer> failures) {
        double quantile(double part) {
            return millis.isEmpty() ? Double.NaN : millis.get((int) Math.min(millis.size() - 1, part * millis.size()));
        }

        double worst() {
            return quantile(1);
        }

        int failed() {
            return failures.values().stream().mapToInt(each -> each).sum();
        }

        @Override
        public String toString() {
            return "%d, p50 %.1f, p99 %.1f, worst %.1f ms%s"
                    .formatted(
                            millis.size(),
                            quantile(0.5),
                            quantile(0.99),
                            worst(),
                            failures.isEmpty() ? "" : " " + failures);
        }
    }

    private record Sample(long startAt, double millis, String failure) {}

    private final List<Sample> samples = new ArrayList<>();
    private final Thread thread;
    private volatile boolean isEnding;

    /** Begins, in the network of the calling thread. */
    Repeated(String name, long intervalNanos, Task task) {
        thread = Thread.ofPlatform().name(name).daemon().start(() -> repeat(intervalNanos, task));
    }

    /** Two milliseconds of {@link Work}, again and again: how long they take is what a busy machine does to any thread with work to do. */
    static Repeated work() {
        return new Repeated("work", 20_000_000, Work::doOnce);
    }

    private void repeat(long intervalNanos, Task task) {
        while (!isEnding) {
            long startAt = System.nanoTime();
            String failure = "";
            try {
                task.run();
            } catch (IOException e) {
                failure = e.getClass().getSimpleName() + " " + e.getMessage();
            }
            long endAt = System.nanoTime();
            synchronized (samples) {
                samples.add(new Sample(startAt, (endAt - startAt) / 1e6, failure));
            }
            LockSupport.parkNanos(intervalNanos - (endAt - startAt));
        }
    }

    /** What ended between two moments on the {@link System#nanoTime()} scale. */
    Seen between(long fromAt, long toAt) {
        List<Sample> some;
        synchronized (samples) {
            some = samples.stream()
                    .filter(each -> each.startAt + (long) (each.millis * 1e6) - fromAt >= 0)
                    .filter(each -> each.startAt - toAt < 0)
                    .toList();
        }
        List<Double> millis = some.stream()
                .filter(each -> each.failure.isEmpty())
                .map(Sample::millis)
                .sorted()
                .toList();
        Map<String, Integer> failures = new TreeMap<>();
        some.stream()
                .filter(each -> !each.failure.isEmpty())
                .forEach(each -> failures.merge(each.failure, 1, Integer::sum));
        return new Seen(millis, failures);
    }

    @Override
    public void close() throws InterruptedException {
        isEnding = true;
        thread.join();
    }
}
