package io.hawser.lb.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The shape of a key's value; the type parameter is what the key holds once read. Immutable. */
sealed interface Form<T> {

    /** One value. */
    record One<T>(Type<T> type) implements Form<T> {}

    /**
     * A list of values.
     *
     * @param type of each
     * @param isBareAllowed whether one value may stand without the list
     * @param isEmptyAllowed whether the list may be empty
     */
    record Many<E>(Type<E> type, boolean isBareAllowed, boolean isEmptyAllowed) implements Form<List<E>> {}

    /**
     * Keys with values.
     *
     * @param shorthand a single value that may stand instead; null: none
     */
    record Nested(@Nullable Type<?> shorthand) implements Form<Section> {}

    /**
     * A list of keys with values.
     *
     * @param shorthand a single value that may stand instead of an item's keys; null: none
     */
    record NestedList(@Nullable Type<?> shorthand) implements Form<List<Section>> {}
}
