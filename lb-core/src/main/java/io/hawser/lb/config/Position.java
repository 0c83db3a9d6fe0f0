package io.hawser.lb.config;

import java.util.Comparator;

/**
 * A place in a file. Immutable.
 *
 * @param line from 1
 * @param column in characters, from 1
 */
record Position(int line, int column) {
    /** As they follow each other in the file. */
    static final Comparator<Position> IN_ORDER =
            Comparator.comparingInt(Position::line).thenComparingInt(Position::column);

    static final Position START = new Position(1, 1);

    @Override
    public String toString() {
        return "line " + line + ", column " + column;
    }
}
