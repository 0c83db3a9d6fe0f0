package io.hawser.lb.config;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A mapping of the file, read by the table of keys. Filled by {@link SectionReader}, then only read; one thread. */
final class Section {
    private final SourceLocation spot;
    private final Map<Key<?>, Slot> slots = new HashMap<>();
    private @Nullable Object shorthand;

    /** A value with the place where it stands. */
    record Located<T>(T value, SourceLocation spot) {}

    private record Slot(SourceLocation spot, @Nullable Object value, List<Located<?>> items) {}

    Section(SourceLocation spot) {
        this.spot = spot;
    }

    /** Where it starts. */
    SourceLocation spot() {
        return spot;
    }

    void put(Key<?> key, SourceLocation where, @Nullable Object value, List<Located<?>> items) {
        slots.put(key, new Slot(where, value, items));
    }

    void putShorthand(Object value) {
        shorthand = value;
    }

    /** The single value that stood instead of keys; null: there were keys, or it was wrong. */
    <T> @Nullable T shorthand(Class<T> type) {
        return type.isInstance(shorthand) ? type.cast(shorthand) : null;
    }

    /** Whether the key is written, rightly or wrongly. */
    boolean has(Key<?> key) {
        return slots.containsKey(key);
    }

    /** Where the key's value stands; where the section starts when it is not written. */
    SourceLocation spot(Key<?> key) {
        Slot slot = slots.get(key);
        return slot == null ? spot : slot.spot();
    }

    /** What the key holds, its default when it is not written; null: it is wrong, or neither written nor has a default. */
    @SuppressWarnings("unchecked") // the reader stores under a key what its form reads
    <T> @Nullable T find(Key<T> key) {
        Slot slot = slots.get(key);
        return slot == null ? key.defaultValue() : (T) slot.value();
    }

    /** What the key holds in a file without problems. */
    <T> T get(Key<T> key) {
        T value = find(key);
        if (value == null) {
            throw new IllegalStateException(key + " has no value in " + spot);
        }
        return value;
    }

    /** The section that the key holds; one without keys, which answers with defaults, when it is not written. */
    Section section(Key<Section> key) {
        Section section = find(key);
        return section == null ? new Section(spot(key)) : section;
    }

    /** The sections that the key holds. */
    List<Section> sections(Key<List<Section>> key) {
        List<Section> sections = find(key);
        return sections == null ? List.of() : sections;
    }

    /**
     * The files that are named here and in the sections below, as written.
     *
     * @param made the key of a file that is made and not read: it is none of them
     */
    List<Path> files(Key<Path> made) {
        return slots.entrySet().stream()
                .flatMap(slot -> switch (slot.getValue().value()) {
                    case Path file when slot.getKey() != made -> Stream.of(file);
                    case Section below -> below.files(made).stream();
                    case List<?> list ->
                        list.stream()
                                .filter(Section.class::isInstance)
                                .flatMap(below -> ((Section) below).files(made).stream());
                    case null, default -> Stream.of();
                })
                .toList();
    }

    /** The right ones of the values that are written in the key's list. */
    @SuppressWarnings("unchecked") // as in find
    <E> List<Located<E>> items(Key<List<E>> key) {
        Slot slot = slots.get(key);
        return slot == null ? List.of() : (List<Located<E>>) (List<?>) slot.items();
    }
}
