package io.hawser.lb.proxy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Connections of one loop, linked through themselves, those first that came first. Event loop; a connection is in one list
 * at a time.
 */
final class ConnectionList {
    private static final int USUAL_CURSORS = 8;

    // Made at once, so that a tick needs no memory that there may not be.
    private final List<Cursor> cursors = new ArrayList<>(USUAL_CURSORS);
    private @Nullable Tended first;
    private @Nullable Tended last;
    private int size;

    void add(Tended connection) {
        connection.previous = last;
        connection.next = null;
        if (last == null) {
            first = connection;
        } else {
            last.next = connection;
        }
        last = connection;
        size++;
        for (int i = 0; i < cursors.size(); i++) {
            cursors.get(i).added(connection);
        }
    }

    void remove(Tended connection) {
        for (int i = 0; i < cursors.size(); i++) {
            cursors.get(i).removed(connection);
        }
        if (connection.previous == null) {
            first = connection.next;
        } else {
            connection.previous.next = connection.next;
        }
        if (connection.next == null) {
            last = connection.previous;
        } else {
            connection.next.previous = connection.previous;
        }
        connection.previous = null;
        connection.next = null;
        size--;
    }

    /** Visits all, in this turn; any may leave the list meanwhile, and who comes is visited too. */
    void forEach(Consumer<Tended> visitor) {
        Cursor cursor = cursor();
        cursor.open();
        try {
            for (Tended connection = cursor.next(); connection != null; connection = cursor.next()) {
                visitor.accept(connection);
            }
        } finally {
            cursor.close();
        }
    }

    int size() {
        return size;
    }

    /** A place in this list, which nobody has passed. */
    Cursor cursor() {
        return new Cursor();
    }

    /**
     * A place in the list, which it keeps while connections come and go: each one that is in the list while it is open
     * passes by it once.
     */
    final class Cursor {
        private @Nullable Tended ahead;

        /** Goes before the first one, until it is closed. */
        void open() {
            cursors.add(this);
            ahead = first;
        }

        /** The next one; null when there is none, for now. */
        @Nullable
        Tended next() {
            Tended passed = ahead;
            if (passed != null) {
                ahead = passed.next;
            }
            return passed;
        }

        /** Whether all that are in the list now have passed. */
        boolean isAtEnd() {
            return ahead == null;
        }

        /** How many are in the list. */
        int listSize() {
            return size;
        }

        private void added(Tended connection) {
            if (ahead == null) {
                ahead = connection;
            }
        }

        private void removed(Tended connection) {
            if (connection.equals(ahead)) {
                ahead = connection.next;
            }
        }

        /** Keeps its place no longer. */
        void close() {
            cursors.remove(this);
            ahead = null;
        }
    }
}
