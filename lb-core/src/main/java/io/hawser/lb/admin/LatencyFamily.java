package io.hawser.lb.admin;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;

/** Histograms of one name, told apart by labels. Any thread; look a histogram up once and keep it. */
public final class LatencyFamily {
    private final double[] bounds;
    private final String[] labels;
    private final ConcurrentMap<List<String>, Latency> byValues = new ConcurrentHashMap<>();

    LatencyFamily(double[] bounds, String... labels) {
        this.bounds = bounds;
        this.labels = labels;
    }

    /** Histograms of what takes a round trip or several, 0.5 ms to 5 s, told apart by these labels. */
    public static LatencyFamily ofRoundTrips(String... labels) {
        return new LatencyFamily(Latency.NETWORK, labels);
    }

    /** The histogram with these label values, in the order of the contract; made when absent. */
    public Latency of(String... values) {
        if (values.length != labels.length) {
            throw new IllegalArgumentException(
                    "label values " + Arrays.toString(values) + " for labels " + Arrays.toString(labels));
        }
        return byValues.computeIfAbsent(List.of(values), absent -> new Latency(bounds));
    }

    /** Forgets the histograms whose label values {@code wanted} refuses, as when members have gone. */
    public void retain(Predicate<List<String>> wanted) {
        byValues.keySet().removeIf(wanted.negate());
    }

    /** Shows them all. */
    public void collect(MetricFamilies.Histograms rows) {
        byValues.forEach((values, latency) -> {
            String[] pairs = new String[labels.length * 2];
            for (int i = 0; i < labels.length; i++) {
                pairs[i * 2] = labels[i];
                pairs[i * 2 + 1] = values.get(i);
            }
            rows.add(latency, pairs);
        });
    }
}
