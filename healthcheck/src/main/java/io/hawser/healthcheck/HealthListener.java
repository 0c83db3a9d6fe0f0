package io.hawser.healthcheck;

/**
 * A listener for changes of members' health. Called on the health loop, so it must not block; what it throws is logged and changes
 * nothing. Nothing is called for a target once its unwatch has been carried out on the health loop.
 */
public interface HealthListener {

    /** A member's health changed; comes before {@link #checked} for the same result. */
    void changed(HealthChange change);

    /** A check ended, whether or not it changed anything. */
    default void checked(Target target, CheckResult result) {}
}
