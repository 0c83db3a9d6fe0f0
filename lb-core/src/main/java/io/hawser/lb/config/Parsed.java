package io.hawser.lb.config;

/** What came of reading the text of a value. Immutable. */
sealed interface Parsed<T> {

    /** A value. */
    record Ok<T>(T value) implements Parsed<T> {}

    /**
     * None.
     *
     * @param message what was found and what to write
     */
    record Bad<T>(String message) implements Parsed<T> {}
}
