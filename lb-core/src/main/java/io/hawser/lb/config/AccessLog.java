package io.hawser.lb.config;

/** Which connections of a listener get a line in the log when they end. Immutable. */
public sealed interface AccessLog {
    /** None. */
    record Off() implements AccessLog {}

    /** Those that did not end well. */
    record Errors() implements AccessLog {}

    /** Each. */
    record All() implements AccessLog {}

    /**
     * Some of them, and each that did not end well.
     *
     * @param of one of so many, 2 to 1,000,000
     */
    record OneOf(int of) implements AccessLog {}
}
