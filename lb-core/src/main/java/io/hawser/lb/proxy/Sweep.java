package io.hawser.lb.proxy;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A pass over all connections of some lists, some at a time. Each one is visited once, also one that comes while the pass is
 * under way; one that goes before its turn is not. One that fails is ended and counted, and those behind it have their turn.
 * Event loop.
 */
final class Sweep {
    /** To end a connection takes some dozens of microseconds, with its system calls; to look at one takes less than one. */
    static final int VISITS_OF_AN_END = 8;

    private final List<ConnectionList.Cursor> cursors;
    private final Consumer<Tended> visitor;
    private final Consumer<Throwable> mistakes;
    private final Runnable afterwards;
    private boolean isUnderWay;
    private boolean isDueAgain;

    /**
     * A pass that has not begun.
     *
     * @param lists whoever goes from one of them to another while the pass is under way is missed in neither, and may be
     *     visited in both
     * @param visitor does to a connection what the pass is for
     * @param mistakes is told what a visit throws
     * @param afterwards runs when all were visited
     */
    Sweep(List<ConnectionList> lists, Consumer<Tended> visitor, Consumer<Throwable> mistakes, Runnable afterwards) {
        this.cursors = lists.stream().map(ConnectionList::cursor).toList();
        this.visitor = visitor;
        this.mistakes = mistakes;
        this.afterwards = afterwards;
    }

    /** Begins, from the first connection on. It must not be under way. */
    void begin() {
        isDueAgain = false;
        for (int i = 0; i < cursors.size(); i++) {
            cursors.get(i).open();
        }
        isUnderWay = true;
    }

    /** Is due again when it is over. */
    void repeat() {
        isDueAgain = true;
    }

    /**
     * Goes on.
     *
     * @param most how many connections it may visit; one that ends, or leaves its list otherwise, counts as several
     * @return how many it has visited, counted like that; less only when it is over
     */
    int goOn(int most) {
        int visited = 0;
        for (Tended connection; visited < most && (connection = next()) != null; ) {
            int before = size();
            visit(connection);
            visited += size() < before ? VISITS_OF_AN_END : 1;
        }
        return visited;
    }

    private int size() {
        int size = 0;
        for (int i = 0; i < cursors.size(); i++) {
            size += cursors.get(i).listSize();
        }
        return size;
    }

    private @Nullable Tended next() {
        // From the first on: whoever has gone back to a list that had been visited stands ahead of its cursor now.
        for (int i = 0; i < cursors.size(); i++) {
            Tended connection = cursors.get(i).next();
            if (connection != null) {
                return connection;
            }
        }
        return null;
    }

    private void visit(Tended connection) {
        try {
            visitor.accept(connection);
        } catch (Throwable e) {
            mistakes.accept(e);
            try {
                connection.end(Outcome.INTERNAL);
            } catch (Throwable another) {
                mistakes.accept(another);
            }
        }
    }

    /** Whether nobody is left to be visited. */
    boolean isOver() {
        for (int i = 0; i < cursors.size(); i++) {
            if (!cursors.get(i).isAtEnd()) {
                return false;
            }
        }
        return true;
    }

    /** Ends. */
    void end() {
        for (int i = 0; i < cursors.size(); i++) {
            cursors.get(i).close();
        }
        isUnderWay = false;
        try {
            afterwards.run();
        } catch (Throwable e) {
            mistakes.accept(e);
        }
    }

    /** Whether it has begun and not ended. */
    boolean isUnderWay() {
        return isUnderWay;
    }

    /** Whether it was due again before it was over. */
    boolean isDueAgain() {
        return isDueAgain;
    }
}
