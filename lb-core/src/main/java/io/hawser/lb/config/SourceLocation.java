package io.hawser.lb.config;

/**
 * Where a finding points: a place in the file and the key that stands there. Immutable.
 *
 * @param at the place
 * @param path the key, as in {@code listeners[0].pool}; empty: the whole file
 */
record SourceLocation(Position at, String path) {

    /** A key of the section at this spot. */
    SourceLocation child(String name, Position where) {
        return new SourceLocation(where, path.isEmpty() ? name : path + "." + name);
    }

    /** An item of the list at this spot. */
    SourceLocation item(int index, Position where) {
        return new SourceLocation(where, path + "[" + index + "]");
    }
}
