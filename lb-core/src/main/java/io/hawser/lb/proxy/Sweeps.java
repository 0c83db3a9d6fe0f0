package io.hawser.lb.proxy;

import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;

/**
 * What one loop does for each of its connections: passes over all of them, of which each turn of the loop makes a part.
 * Event loop.
 *
 * <p>So no turn takes longer because more connections are there: those over which bytes move wait for {@link #MOST_VISITS}
 * visits at most. The next part is made in the next turn, without a pause, so that a pass over 50,000 takes as long as it
 * would at once, and what came meanwhile.
 */
final class Sweeps {
    /** Visits in one turn; one in which a connection ends counts as {@link Sweep#VISITS_OF_AN_END}. Takes some milliseconds at most. */
    static final int MOST_VISITS = 256;

    /** After so many visits it is another one's turn, so that a short pass does not wait for the end of a long one. */
    private static final int VISITS_AT_A_TIME = 32;

    private final Runnable announceTurn;
    private final Consumer<Throwable> mistakes;
    private final ArrayDeque<Sweep> underWay = new ArrayDeque<>();
    private int visits;
    private boolean isGoing;

    /**
     * None yet.
     *
     * @param announceTurn has {@link #turn} be called once more, after the events of all sockets were looked at
     * @param mistakes is told what a visit throws
     */
    Sweeps(Runnable announceTurn, Consumer<Throwable> mistakes) {
        this.announceTurn = announceTurn;
        this.mistakes = mistakes;
    }

    /** A pass to be begun as often as it is due. */
    Sweep over(ConnectionList list, Consumer<Tended> visitor) {
        return new Sweep(List.of(list), visitor, mistakes, () -> {});
    }

    /** Begins a pass; one that is under way is made again when it is over. What goes wrong is told as a mistake. */
    void begin(Sweep sweep) {
        try {
            if (sweep.isUnderWay()) {
                sweep.repeat();
            } else {
                underWay.addLast(sweep);
                sweep.begin();
            }
        } catch (Throwable e) {
            mistakes.accept(e);
        }
        goOn();
    }

    /** Makes one pass, which visits also who goes from one of the lists to the other meanwhile. */
    Sweep once(List<ConnectionList> lists, Consumer<Tended> visitor, Runnable afterwards) {
        Sweep sweep = new Sweep(lists, visitor, mistakes, afterwards);
        begin(sweep);
        return sweep;
    }

    /** Makes one pass in this turn, however many there are: for what must not wait. */
    void atOnce(List<ConnectionList> lists, Consumer<Tended> visitor) {
        Sweep sweep = new Sweep(lists, visitor, mistakes, () -> {});
        sweep.begin();
        var _ = sweep.goOn(Integer.MAX_VALUE);
        sweep.end();
    }

    /** The loop has a new turn. */
    void turn() {
        visits = 0;
        goOn();
    }

    private void goOn() {
        if (isGoing) {
            // Begun by a visit, or by the end of a pass.
            return;
        }
        isGoing = true;
        try {
            while (visits < MOST_VISITS && !underWay.isEmpty()) {
                Sweep sweep = underWay.getFirst();
                visits += sweep.goOn(Math.min(VISITS_AT_A_TIME, MOST_VISITS - visits));
                underWay.removeFirst();
                if (!isFinished(sweep)) {
                    underWay.addLast(sweep);
                }
            }
            if (visits > 0) {
                announceTurn.run();
            }
        } catch (Throwable e) {
            // A lack of memory, most likely; what is under way goes on with the next tick.
            mistakes.accept(e);
        } finally {
            isGoing = false;
        }
    }

    private static boolean isFinished(Sweep sweep) {
        if (!sweep.isOver()) {
            return false;
        }
        sweep.end();
        boolean again = sweep.isDueAgain();
        if (again) {
            sweep.begin();
        }
        return !again;
    }

    /** Whether none is under way. */
    boolean isIdle() {
        return underWay.isEmpty();
    }
}
