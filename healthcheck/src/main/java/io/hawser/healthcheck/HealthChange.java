package io.hawser.healthcheck;

/**
 * A member's health changed.
 *
 * @param target the member
 * @param from what it was
 * @param to what it is now; never the same
 * @param why the check that decided
 * @param atNanos when, on the scale of System.nanoTime()
 */
public record HealthChange(Target target, Health from, Health to, CheckResult why, long atNanos) {}
