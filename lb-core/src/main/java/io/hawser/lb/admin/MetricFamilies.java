package io.hawser.lb.admin;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The metric families by name: each part of the node registers its own, with a source that is read anew at every scrape and
 * returns at once. What a source no longer names is no longer shown; a later source of a name replaces it. Registered from
 * any thread, collected on the thread admin-pages.
 */
public final class MetricFamilies implements MultiCollector {
    private static final Logger log = LoggerFactory.getLogger(MetricFamilies.class);

    private final Map<String, Supplier<MetricSnapshot>> byName = new ConcurrentSkipListMap<>();

    /** Takes the values of a counter or gauge. */
    public interface Values {
        /** Adds a value with labels: name, value, name, value; of two with the same labels the sum is shown. */
        void add(double value, String... labels);

        /** As {@link #add}, for whole numbers; exact up to 2^53. */
        default void count(long value, String... labels) {
            add((double) value, labels);
        }
    }

    /** Takes the histograms of a family. */
    public interface Histograms {
        /** Adds what a histogram holds, with labels: name, value, name, value. */
        void add(Bins bins, String... labels);

        /** Adds a histogram with labels. */
        default void add(Latency latency, String... labels) {
            add(latency.bins(), labels);
        }
    }

    /** What a histogram holds. */
    public static final class Bins {
        private final double[] bounds;
        private final long[] counts;
        private final double sumSeconds;

        /**
         * Takes the arrays as its own.
         *
         * @param bounds upper bounds in seconds, rising, the last one infinite
         * @param counts how many in each bin, not cumulative
         * @param sumSeconds all of them together
         */
        public Bins(double[] bounds, long[] counts, double sumSeconds) {
            this.bounds = bounds;
            this.counts = counts;
            this.sumSeconds = sumSeconds;
        }

        HistogramDataPointSnapshot snapshot(Labels labels) {
            return HistogramDataPointSnapshot.builder()
                    .labels(labels)
                    .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, counts))
                    .sum(sumSeconds)
                    .build();
        }
    }

    MetricFamilies() {}

    /** A gauge. */
    public void gauge(String name, String help, Consumer<Values> source) {
        byName.put(name, () -> {
            List<GaugeDataPointSnapshot> points = new ArrayList<>();
            summed(name, source)
                    .forEach((labels, value) -> points.add(new GaugeDataPointSnapshot(value, labels, null)));
            return new GaugeSnapshot(new MetricMetadata(name, help), points);
        });
    }

    /** A counter; its name is given without {@code _total}. */
    public void counter(String name, String help, Consumer<Values> source) {
        byName.put(name, () -> {
            List<CounterDataPointSnapshot> points = new ArrayList<>();
            summed(name, source)
                    .forEach((labels, value) -> points.add(new CounterDataPointSnapshot(value, labels, null, 0L)));
            return new CounterSnapshot(new MetricMetadata(name, help), points);
        });
    }

    /** A histogram of durations in seconds. */
    public void histogram(String name, String help, Consumer<Histograms> source) {
        byName.put(name, () -> {
            List<HistogramDataPointSnapshot> points = new ArrayList<>();
            attempt(name, () -> source.accept((bins, labels) -> points.add(bins.snapshot(Labels.of(labels)))));
            return new HistogramSnapshot(new MetricMetadata(name, help), points);
        });
    }

    /** What is registered: the names without what is added to them, such as {@code _total}. */
    public Set<String> names() {
        return Set.copyOf(byName.keySet());
    }

    @Override
    public MetricSnapshots collect() {
        List<MetricSnapshot> found = new ArrayList<>();
        for (Supplier<MetricSnapshot> family : byName.values()) {
            found.add(family.get());
        }
        return new MetricSnapshots(found);
    }

    /** One broken source must not take the other families with it. */
    private static void attempt(String name, Runnable collecting) {
        try {
            collecting.run();
        } catch (RuntimeException e) {
            log.atWarn().addKeyValue("metric", name).setCause(e).log("metric source failed");
        }
    }

    /** The values by label. */
    private static Map<Labels, Double> summed(String name, Consumer<Values> source) {
        Map<Labels, Double> values = new LinkedHashMap<>();
        attempt(name, () -> source.accept((value, labels) -> values.merge(Labels.of(labels), value, Double::sum)));
        return values;
    }
}
