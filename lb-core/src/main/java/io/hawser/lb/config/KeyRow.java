package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Builder of a {@link Key}: first what holds without the key, then where a configuration keeps its value, and last its
 * form, which makes the key. One thread.
 *
 * @param <R> the record that its section becomes
 */
final class KeyRow<R> {
    private final Class<R> record;
    private final List<Key<?>> table;
    private final String path;
    private final String doc;
    private Key.@Nullable Absence absence;
    private Key.@Nullable Reading<R> reading;
    private boolean isEmptyAllowed;

    /**
     * @param table what the key is added to
     */
    KeyRow(Class<R> record, List<Key<?>> table, String path, String doc) {
        this.record = record;
        this.table = table;
        this.path = path;
        this.doc = doc;
    }

    KeyRow<R> required() {
        absence = new Key.Absence.Refused();
        return this;
    }

    KeyRow<R> byDefault(String text) {
        absence = new Key.Absence.Default(text);
        return this;
    }

    KeyRow<R> derived(String words) {
        absence = new Key.Absence.Derived(words);
        return this;
    }

    KeyRow<R> mayBeEmpty() {
        isEmptyAllowed = true;
        return this;
    }

    /**
     * Where the record keeps what the key came to, or what it decides: a reload that changes {@code value} names the key.
     * A change of a key without this is told by the keys around it.
     */
    KeyRow<R> value(Function<R, ?> value) {
        return compared((before, after) -> !value.apply(before).equals(value.apply(after)));
    }

    /** The same within a section that may be missing: when that comes or goes, its own key says so. */
    <S> KeyRow<R> valueIn(Function<R, Optional<S>> section, Function<S, ?> value) {
        return compared((before, after) -> section.apply(before)
                .flatMap(was -> section.apply(after).map(is -> !value.apply(was).equals(value.apply(is))))
                .orElse(false));
    }

    private KeyRow<R> compared(BiPredicate<R, R> differs) {
        reading = new Key.Reading<>(record, differs);
        return this;
    }

    <T> Key<T> one(Type<T> type) {
        return add(new ValueShape.One<>(type));
    }

    <E> Key<List<E>> many(Type<E> type) {
        return add(new ValueShape.Many<>(type, false, isEmptyAllowed));
    }

    <E> Key<List<E>> oneOrMany(Type<E> type) {
        return add(new ValueShape.Many<>(type, true, isEmptyAllowed));
    }

    Key<Section> section(@Nullable Type<?> shorthand) {
        return add(new ValueShape.Nested<>(shorthand));
    }

    Key<List<Section>> sections() {
        return add(new ValueShape.NestedList<>(null));
    }

    Key<List<Section>> sections(Type<?> shorthand) {
        return add(new ValueShape.NestedList<>(shorthand));
    }

    private <T> Key<T> add(ValueShape<T> form) {
        Key<T> key = new Key<>(path, doc, form, requireNonNull(absence, path), reading);
        table.add(key);
        return key;
    }
}
