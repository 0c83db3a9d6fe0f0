package io.hawser.lb.config;

import java.util.function.Function;

/**
 * How a value is written. Immutable.
 *
 * @param expected what a message asks for, as in "a duration, as in 2s"
 * @param description what the reference page says, as in "duration, 10ms to 1m"
 * @param reader reads its text
 */
record Type<T>(String expected, String description, Function<String, Parsed<T>> reader) {

    Parsed<T> parse(String text) {
        return reader.apply(text);
    }
}
