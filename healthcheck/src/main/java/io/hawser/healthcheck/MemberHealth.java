package io.hawser.healthcheck;

import org.jspecify.annotations.Nullable;

/**
 * What is known of one member now. Immutable.
 *
 * @param target the member
 * @param health its health
 * @param sinceNanos since when, on the scale of System.nanoTime()
 * @param last the last check, or null before the first has ended
 * @param lastAtNanos when the last check ended, on the scale of System.nanoTime(); meaningless before the first
 * @param isChanging whether recent checks speak against the present health, so that checks come faster
 */
public record MemberHealth(
        Target target,
        Health health,
        long sinceNanos,
        @Nullable CheckResult last,
        long lastAtNanos,
        boolean isChanging) {}
