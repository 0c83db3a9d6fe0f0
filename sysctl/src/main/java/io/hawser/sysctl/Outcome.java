package io.hawser.sysctl;

/** The result for one kernel setting or module that a node needs. */
public enum Outcome {
    /** It was not so and is now; the value was read back. */
    CHANGED,
    /** It was so already; nothing was written. */
    ALREADY,
    /** It is not so, and could not be made so. */
    REFUSED,
    /** This kernel does not have it. */
    ABSENT
}
