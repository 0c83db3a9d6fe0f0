package io.hawser.lb.config;

/**
 * Where a finding points: a place in the file and the key that stands there. Immutable.
 *
 * @param at the place
 * @param path the key, as in {@code listeners[0].pool}; empty: the whole file
 */
record Spot(Position at, String path) {

    /** A key of the section at this spot. */
    Spot child(String name, Position where) {
        return new Spot(where, path.isEmpty() ? name : path + "." + name);
    }

    /** An item of the list at this spot. */
    Spot item(int index, Position where) {
        return new Spot(where, path + "[" + index + "]");
    }
}
