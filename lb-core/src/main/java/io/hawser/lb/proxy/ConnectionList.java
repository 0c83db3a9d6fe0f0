package io.hawser.lb.proxy;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Connections of one loop, linked through themselves. Event loop; a connection is in one list at a time. */
final class ConnectionList {
    private @Nullable Tended first;
    private int size;

    void add(Tended connection) {
        connection.previous = null;
        connection.next = first;
        if (first != null) {
            first.previous = connection;
        }
        first = connection;
        size++;
    }

    void remove(Tended connection) {
        if (connection.previous == null) {
            first = connection.next;
        } else {
            connection.previous.next = connection.next;
        }
        if (connection.next != null) {
            connection.next.previous = connection.previous;
        }
        connection.previous = null;
        connection.next = null;
        size--;
    }

    /** Visits all; the visited one may leave the list meanwhile, others may not. */
    void forEach(Consumer<Tended> visitor) {
        Tended connection = first;
        while (connection != null) {
            Tended following = connection.next;
            visitor.accept(connection);
            connection = following;
        }
    }

    int size() {
        return size;
    }
}
