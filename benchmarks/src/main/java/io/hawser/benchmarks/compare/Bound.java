package io.hawser.benchmarks.compare;

import java.util.List;

/**
 * What hawser may cost beside a reference.
 *
 * @param work which work
 * @param figure which of its figures
 * @param reference what it is divided by; {@link Contender#DIRECT} for none: the bound is absolute
 * @param most the largest value that is within the bound
 */
record Bound(Work work, Figure figure, Contender reference, double most) {

    /** The figures with bounds. */
    enum Figure {
        PROXY_CPU("CPU"),
        P99("p99"),
        PAIR_KIB("KiB a pair"),
        PROCESS_MIB("MiB, idle"),
        SECONDS("s");

        private final String words;

        Figure(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    private static final List<Bound> FIRST = List.of(
            new Bound(Work.KEEP, Figure.PROXY_CPU, Contender.HAPROXY, 1.00),
            new Bound(Work.CLOSE, Figure.PROXY_CPU, Contender.HAPROXY, 1.05),
            new Bound(Work.DOWNLOAD, Figure.PROXY_CPU, Contender.HAPROXY, 0.75),
            new Bound(Work.DOWNLOAD, Figure.PROXY_CPU, Contender.HAPROXY_SPLICE, 1.05),
            new Bound(Work.UPLOAD, Figure.PROXY_CPU, Contender.HAPROXY, 0.75),
            new Bound(Work.UPLOAD, Figure.PROXY_CPU, Contender.HAPROXY_SPLICE, 1.05),
            new Bound(Work.RATE, Figure.P99, Contender.HAPROXY, 1.05),
            new Bound(Work.TLS_ECDSA, Figure.PROXY_CPU, Contender.HAPROXY, 1.00),
            new Bound(Work.TLS_RSA, Figure.PROXY_CPU, Contender.HAPROXY, 1.10),
            new Bound(Work.TLS_KEEP, Figure.PROXY_CPU, Contender.HAPROXY, 1.00),
            new Bound(Work.TLS_DOWNLOAD, Figure.PROXY_CPU, Contender.HAPROXY, 1.00),
            new Bound(Work.IDLE, Figure.PAIR_KIB, Contender.DIRECT, 5),
            new Bound(Work.START, Figure.PROCESS_MIB, Contender.DIRECT, 90),
            new Bound(Work.START, Figure.SECONDS, Contender.DIRECT, 0.7));

    /** All of them; those beside HAProxy for the other HAProxy too. */
    static final List<Bound> ALL =
            FIRST.stream().flatMap(bound -> bound.twice().stream()).toList();

    private List<Bound> twice() {
        return switch (reference) {
            case HAPROXY -> List.of(this, new Bound(work, figure, Contender.OTHER, most));
            case HAPROXY_SPLICE -> List.of(this, new Bound(work, figure, Contender.OTHER_SPLICE, most));
            case OTHER, OTHER_SPLICE, HAWSER, DIRECT -> List.of(this);
        };
    }
}
