package io.hawser.benchmarks.compare;

/**
 * What a load generator has done.
 *
 * @param units how much, in the work's unit
 * @param latency how long single units took
 * @param failures what went wrong; empty: nothing did
 */
record Load(double units, Sample.Latency latency, String failures) {}
