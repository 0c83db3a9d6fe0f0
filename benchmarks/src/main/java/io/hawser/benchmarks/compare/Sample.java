package io.hawser.benchmarks.compare;

/**
 * What one run of one work cost. Immutable.
 *
 * @param units how much was done, in the work's unit
 * @param seconds how long it took
 * @param proxySeconds processor time of the proxy; 0 without a proxy
 * @param systemSeconds processor time of the whole machine, the load and the servers included
 * @param latency how long single units took
 * @param pssKib memory of the proxy afterwards, shared pages by their share (proc(5), Pss)
 * @param failures what went wrong; empty: nothing did
 */
record Sample(
        double units,
        double seconds,
        double proxySeconds,
        double systemSeconds,
        Latency latency,
        long pssKib,
        String failures) {

    /**
     * Microseconds within which that part of the units was done; 0 where it was not measured.
     *
     * @param p50 half of them
     * @param p99 all but one in a hundred
     * @param p999 all but one in a thousand
     */
    record Latency(double p50, double p99, double p999) {
        static final Latency NONE = new Latency(0, 0, 0);
    }

    double rate() {
        return units / seconds;
    }

    /** Microseconds of the proxy's processor time for each unit. */
    double proxyMicros() {
        return proxySeconds * 1e6 / units;
    }

    /** Microseconds of the machine's processor time for each unit. */
    double systemMicros() {
        return systemSeconds * 1e6 / units;
    }
}
