package io.hawser.lb.config;

import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A row of the table of keys. Immutable, compared by identity.
 *
 * @param <T> what it holds once read
 */
final class Key<T> {
    private final String path;
    private final String doc;
    private final ValueShape<T> form;
    private final Absence absence;
    private final @Nullable Reading<?> reading;

    /** What holds when the key is not written. */
    sealed interface Absence {
        /** Nothing: it must be written. */
        record Refused() implements Absence {}

        /** The value with this text. */
        record Default(String text) implements Absence {}

        /** What these words say; the code that needs the value finds it. */
        record Derived(String words) implements Absence {}
    }

    /**
     * Where a configuration keeps what the key came to.
     *
     * @param record what the key's section becomes
     * @param differs whether two of them differ in it
     */
    record Reading<R>(Class<R> record, BiPredicate<R, R> differs) {}

    Key(String path, String doc, ValueShape<T> form, Absence absence, @Nullable Reading<?> reading) {
        this.path = path;
        this.doc = doc;
        this.form = form;
        this.absence = absence;
        this.reading = reading;
    }

    /** Where it stands: {@code listeners[].limits.connections}; [] after each list of sections. */
    String path() {
        return path;
    }

    /** Its last part. */
    String name() {
        return path.substring(path.lastIndexOf('.') + 1);
    }

    /** The path of the section that it is in; empty: the file. */
    String parent() {
        return path.substring(0, Math.max(0, path.lastIndexOf('.')));
    }

    /** The path that its own keys start with. */
    String inside() {
        return form instanceof ValueShape.NestedList<?> ? path + "[]" : path;
    }

    /** One line on what it means. */
    String doc() {
        return doc;
    }

    ValueShape<T> form() {
        return form;
    }

    Absence absence() {
        return absence;
    }

    /** Whether two of the records that the key's section becomes differ in it; false also where other keys tell so. */
    <R> boolean differs(Class<R> record, R before, R after) {
        return reading != null && reading.record().equals(record) && differs(reading, before, after);
    }

    @SuppressWarnings("unchecked") // the record's class was compared
    private static <R> boolean differs(Reading<?> reading, R before, R after) {
        return ((Reading<R>) reading).differs().test(before, after);
    }

    /** What it holds when it is not written; null: nothing that the table knows. */
    @Nullable
    T defaultValue() {
        return absence instanceof Absence.Default(String text) ? form.ofDefault(text) : null;
    }

    @Override
    public String toString() {
        return path;
    }
}
