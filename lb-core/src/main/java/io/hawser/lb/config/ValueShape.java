package io.hawser.lb.config;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The shape of a key's value; the type parameter is what the key holds once read. Immutable. */
sealed interface ValueShape<T> {

    /** The value that the text of a default stands for; null: a value of this shape has no default of its own. */
    @Nullable
    T ofDefault(String text);

    private static <T> T exactly(Type<T> type, String text) {
        T value = type.parse(text).orTell(message -> {});
        if (value == null) {
            throw new IllegalStateException("the default \"" + text + "\" is not " + type.expected());
        }
        return value;
    }

    /** One value. */
    record One<T>(Type<T> type) implements ValueShape<T> {
        @Override
        public T ofDefault(String text) {
            return exactly(type, text);
        }
    }

    /**
     * A list of values.
     *
     * @param type of each
     * @param isBareAllowed whether one value may stand without the list
     * @param isEmptyAllowed whether the list may be empty
     */
    record Many<E>(Type<E> type, boolean isBareAllowed, boolean isEmptyAllowed) implements ValueShape<List<E>> {
        @Override
        public List<E> ofDefault(String text) {
            return Arrays.stream(text.split(", "))
                    .map(one -> exactly(type, one))
                    .toList();
        }
    }

    /**
     * Keys with values.
     *
     * @param <S> what they are read into
     * @param shorthand a single value that may stand instead; null: none
     */
    record Nested<S>(@Nullable Type<?> shorthand) implements ValueShape<S> {
        @Override
        public @Nullable S ofDefault(String text) {
            return null;
        }
    }

    /**
     * A list of keys with values.
     *
     * @param <S> what those of one item are read into
     * @param shorthand a single value that may stand instead of an item's keys; null: none
     */
    record NestedList<S>(@Nullable Type<?> shorthand) implements ValueShape<List<S>> {
        @Override
        public @Nullable List<S> ofDefault(String text) {
            return null;
        }
    }
}
