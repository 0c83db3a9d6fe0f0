package io.hawser.benchmarks.compare;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** Every sample of a comparison, and the medians over its rounds. One thread. */
final class Results {
    private final Map<Work, Map<Contender, List<Sample>>> samples = new EnumMap<>(Work.class);

    void add(Work work, Contender contender, Sample sample) {
        samples.computeIfAbsent(work, _ -> new EnumMap<>(Contender.class))
                .computeIfAbsent(contender, _ -> new ArrayList<>())
                .add(sample);
    }

    List<Work> works() {
        return List.copyOf(samples.keySet());
    }

    List<Contender> contenders(Work work) {
        return List.copyOf(samples.getOrDefault(work, Map.of()).keySet());
    }

    List<Sample> samples(Work work, Contender contender) {
        return samples.getOrDefault(work, Map.of()).getOrDefault(contender, List.of());
    }

    /** The median of one figure; empty where it was not measured. */
    OptionalDouble median(Work work, Contender contender, ToDoubleFunction<Sample> figure) {
        return median(samples(work, contender).stream().mapToDouble(figure).toArray());
    }

    private static OptionalDouble median(double... values) {
        if (values.length == 0) {
            return OptionalDouble.empty();
        }
        java.util.Arrays.sort(values);
        int middle = values.length / 2;
        return OptionalDouble.of(values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2);
    }

    /**
     * A figure of one contender divided by that of another, round by round, and the median of that: a machine that is
     * slow for a while is slow for both.
     */
    OptionalDouble ratio(Work work, Contender of, Contender to, ToDoubleFunction<Sample> figure) {
        List<Sample> above = samples(work, of);
        List<Sample> below = samples(work, to);
        int rounds = Math.min(above.size(), below.size());
        double[] ratios = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            ratios[i] = figure.applyAsDouble(above.get(i)) / figure.applyAsDouble(below.get(i));
        }
        return median(ratios);
    }

    /** What a bound is about, as measured; empty: it was not. */
    OptionalDouble measured(Bound bound) {
        return switch (bound.figure()) {
            case PROXY_CPU -> ratio(bound.work(), Contender.HAWSER, bound.reference(), Sample::proxyMicros);
            case P99 ->
                ratio(
                        bound.work(),
                        Contender.HAWSER,
                        bound.reference(),
                        sample -> sample.latency().p99());
            case PAIR_KIB -> median(bound.work(), Contender.HAWSER, sample -> sample.pssKib() / sample.units());
            case PROCESS_MIB -> median(bound.work(), Contender.HAWSER, sample -> sample.pssKib() / 1024.0);
            case SECONDS -> median(bound.work(), Contender.HAWSER, Sample::seconds);
        };
    }
}
