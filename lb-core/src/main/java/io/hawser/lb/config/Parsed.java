package io.hawser.lb.config;

import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The result of parsing the text of a value. Immutable. */
sealed interface Parsed<T> {
    /*
     * Callers go on with then() and orTell() rather than with a pattern switch: the JVM spins a class for each of those when it
     * is first reached, which no AOT cache holds yet, and all of this runs before the first byte can be served.
     */

    /** Goes on reading with the value; what is bad stays bad. */
    <R> Parsed<R> then(Function<T, Parsed<R>> next);

    /** The value; null after the message was handed over. */
    @Nullable
    T orTell(Consumer<String> refused);

    /** The same, but bad for the reason that the check gives; a check without a reason answers with nothing. */
    default Parsed<T> unless(Function<T, String> whyNot) {
        return then(value -> {
            String why = whyNot.apply(value);
            return why.isEmpty() ? new Ok<>(value) : new Bad<>(why);
        });
    }

    /** A value. */
    record Ok<T>(T value) implements Parsed<T> {
        @Override
        public <R> Parsed<R> then(Function<T, Parsed<R>> next) {
            return next.apply(value);
        }

        @Override
        public T orTell(Consumer<String> refused) {
            return value;
        }
    }

    /**
     * None.
     *
     * @param message what was found and what to write
     */
    record Bad<T>(String message) implements Parsed<T> {
        @Override
        public <R> Parsed<R> then(Function<T, Parsed<R>> next) {
            return new Bad<>(message);
        }

        @Override
        public @Nullable T orTell(Consumer<String> refused) {
            refused.accept(message);
            return null;
        }
    }
}
