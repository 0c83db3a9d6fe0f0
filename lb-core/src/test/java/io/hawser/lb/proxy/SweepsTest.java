package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is done for each connection is done for a bounded number of them in each turn, and for all of them. */
class SweepsTest {
    private static final int MOST = Sweeps.MOST_VISITS;
    private static final int MANY = 50_000;

    private final List<Throwable> mistakes = new ArrayList<>();
    private final List<Listed> visited = new ArrayList<>();
    private final ConnectionList list = new ConnectionList();
    private boolean isTurnAhead;
    private final Sweeps sweeps = new Sweeps(() -> isTurnAhead = true, mistakes::add);

    private List<Listed> filled(ConnectionList to, int count) {
        List<Listed> all = IntStream.range(0, count).mapToObj(_ -> new Listed()).toList();
        all.forEach(to::add);
        return all;
    }

    private void visit(Tended connection) {
        visited.add((Listed) connection);
    }

    /** Has turns until none is asked for any more; says how many visits each made. */
    private List<Integer> turns() {
        List<Integer> visits = new ArrayList<>();
        while (isTurnAhead) {
            isTurnAhead = false;
            int before = visited.size();
            sweeps.turn();
            visits.add(visited.size() - before);
        }
        return visits;
    }

    @Test
    void noTurnVisitsMoreThanTheBoundAndAllAreVisitedInTurnsWithoutAPause() {
        List<Listed> all = filled(list, MANY);

        sweeps.begin(sweeps.over(list, this::visit));

        assertEquals(MOST, visited.size(), "in the turn in which it began");
        List<Integer> visits = turns();
        assertTrue(visits.stream().allMatch(each -> each <= MOST), visits::toString);
        assertEquals(MANY / MOST, visits.size() - 1, "turns after the first, and the one that finds nothing left");
        assertEquals(all, visited);
        assertTrue(sweeps.isIdle());
    }

    @Test
    void aFewAreVisitedAtOnce() {
        List<Listed> all = filled(list, MOST);

        sweeps.begin(sweeps.over(list, this::visit));

        assertEquals(all, visited);
        assertTrue(sweeps.isIdle());
    }

    @Test
    void allPassesTogetherKeepToTheBound() {
        filled(list, 10 * MOST);
        for (int i = 0; i < 5; i++) {
            sweeps.once(List.of(list), this::visit, () -> {});
        }

        assertEquals(MOST, visited.size(), "in the turn in which they began");
        List<Integer> visits = turns();
        assertTrue(visits.stream().allMatch(each -> each <= MOST), visits::toString);
        assertEquals(5 * 10 * MOST, visited.size());
    }

    @Test
    void aShortPassDoesNotWaitForTheEndOfALongOne() {
        filled(list, MANY);
        ConnectionList few = new ConnectionList();
        List<Listed> waiting = filled(few, 10);
        sweeps.begin(sweeps.over(list, _ -> {}));

        sweeps.begin(sweeps.over(few, this::visit));
        sweeps.turn();

        assertEquals(waiting, visited);
        assertFalse(sweeps.isIdle(), "the long one goes on");
    }

    /** As when a member with many connections is gone: each costs several system calls. */
    @Test
    void fewerAreVisitedInATurnWhereTheyEnd() {
        List<Listed> all = filled(list, MANY);

        sweeps.begin(sweeps.over(list, connection -> {
            visit(connection);
            list.remove(connection);
        }));

        int most = MOST / Sweep.VISITS_OF_AN_END;
        assertEquals(most, visited.size());
        List<Integer> visits = turns();
        assertTrue(visits.stream().allMatch(each -> each <= most), visits::toString);
        assertEquals(all, visited);
    }

    @Test
    void whoComesIsVisitedAndWhoGoesIsNotAndNobodyIsTwice() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Listed> here = new ArrayList<>(filled(list, 20 * MOST));
        List<Listed> expected = new ArrayList<>(here);
        sweeps.begin(sweeps.over(list, this::visit));
        while (isTurnAhead) {
            isTurnAhead = false;
            // Fewer come than are visited, so that it ends.
            for (int i = 0; i < MOST / 2; i++) {
                Listed gone = here.remove(random.nextInt(here.size()));
                list.remove(gone);
                if (!visited.contains(gone)) {
                    expected.remove(gone);
                }
                if (!sweeps.isIdle()) {
                    Listed come = new Listed();
                    list.add(come);
                    here.add(come);
                    expected.add(come);
                }
            }
            sweeps.turn();
        }
        assertEquals(expected, visited, () -> "seed " + seed);
    }

    @Test
    void anyMayGoInTheVisitOfAnother() {
        List<Listed> all = filled(list, 6);
        List<List<Listed>> gone = List.of(
                List.of(all.get(0)), List.of(), List.of(all.get(1), all.get(3)), List.of(), List.of(), List.of());
        sweeps.begin(sweeps.over(list, connection -> {
            visit(connection);
            gone.get(all.indexOf(connection)).forEach(list::remove);
        }));

        assertEquals(List.of(all.get(0), all.get(1), all.get(2), all.get(4), all.get(5)), visited);
        assertEquals(3, list.size());
    }

    /** As when a member is gone: who has just been connected to it must not slip through, whichever way it goes. */
    @Test
    void whoGoesFromOneListToTheOtherIsNotMissed() {
        ConnectionList other = new ConnectionList();
        List<Listed> first = filled(list, 3 * MOST);
        List<Listed> second = filled(other, 3 * MOST);
        sweeps.once(List.of(list, other), this::visit, () -> {});
        // Not visited yet, as this list is the second.
        Listed back = second.getLast();
        other.remove(back);
        list.add(back);
        Listed forth = first.getLast();
        list.remove(forth);
        other.add(forth);
        while (visited.size() < 4 * MOST) {
            sweeps.turn();
        }
        // The first is through, and the second is not.
        Listed late = second.get(second.size() - 2);
        assertFalse(visited.contains(late));
        other.remove(late);
        list.add(late);
        turns();

        for (Listed each : List.of(back, forth, late)) {
            assertEquals(1, Collections.frequency(visited, each));
        }
        assertEquals(6 * MOST, visited.size());
    }

    @Test
    void oneThatFailsIsEndedAndCountedAndTheOthersHaveTheirTurn() {
        List<Listed> all = filled(list, 2 * MOST);
        IllegalStateException defect = new IllegalStateException("a defect");
        sweeps.begin(sweeps.over(list, connection -> {
            visit(connection);
            if (connection == all.get(3) || connection == all.getLast()) {
                throw defect;
            }
        }));
        turns();

        assertEquals(all, visited);
        assertEquals(List.of(defect, defect), mistakes);
        assertEquals(List.of(Outcome.INTERNAL), all.get(3).ends);
        assertEquals(List.of(Outcome.INTERNAL), all.getLast().ends);
        assertEquals(2, all.stream().filter(each -> !each.ends.isEmpty()).count());
    }

    @Test
    void oneThatFailsToEndIsCountedTwiceAndTheOthersHaveTheirTurn() {
        list.add(new Listed() {
            @Override
            void end(Outcome outcome) {
                throw new AssertionError("another defect");
            }
        });
        List<Listed> others = filled(list, 2);
        sweeps.begin(sweeps.over(list, connection -> {
            if (connection.getClass() != Listed.class) {
                throw new AssertionError("a defect");
            }
            visit(connection);
        }));

        assertEquals(others, visited);
        assertEquals(2, mistakes.size());
    }

    @Test
    void whatMustNotWaitVisitsAllInOneTurnAlsoBehindOneThatFails() {
        List<Listed> all = filled(list, 2 * MOST);
        sweeps.atOnce(List.of(list), connection -> {
            visit(connection);
            if (connection == all.getFirst()) {
                throw new IllegalStateException("a defect");
            }
        });

        assertEquals(all, visited);
        assertEquals(1, mistakes.size());
        assertEquals(List.of(Outcome.INTERNAL), all.getFirst().ends);
    }

    @Test
    void oneThatIsDueWhileItIsUnderWayIsMadeAgainOnce() {
        List<Listed> all = filled(list, 3 * MOST);
        Sweep sweep = sweeps.over(list, this::visit);
        sweeps.begin(sweep);
        sweeps.begin(sweep);
        sweeps.begin(sweep);
        turns();

        List<Listed> twice = new ArrayList<>(all);
        twice.addAll(all);
        assertEquals(twice, visited);
        assertTrue(sweeps.isIdle());
    }

    @Test
    void whatIsToHappenAfterwardsHappensOnceAndAfterAll() {
        filled(list, 3 * MOST);
        List<Integer> visitedThen = new ArrayList<>();
        sweeps.once(List.of(list), this::visit, () -> {
            visitedThen.add(visited.size());
            sweeps.once(List.of(list), this::visit, () -> visitedThen.add(visited.size()));
        });
        turns();

        assertEquals(List.of(3 * MOST, 6 * MOST), visitedThen);
    }

    /** No memory for the task that the next turn is: it is asked for again with the next tick. */
    @Test
    void aTurnThatCouldNotBeAskedForIsAskedForAgain() {
        List<Listed> all = filled(list, 2 * MOST);
        List<Runnable> asks = new ArrayList<>();
        asks.add(() -> {
            throw new OutOfMemoryError("for a test");
        });
        Sweeps sparse = new Sweeps(
                () -> {
                    if (asks.isEmpty()) {
                        isTurnAhead = true;
                    } else {
                        asks.removeFirst().run();
                    }
                },
                mistakes::add);
        Sweep sweep = sparse.over(list, this::visit);
        sparse.begin(sweep);
        assertFalse(isTurnAhead);
        assertEquals(1, mistakes.size());

        sparse.begin(sparse.over(new ConnectionList(), this::visit));

        assertTrue(isTurnAhead);
        sparse.turn();
        assertEquals(all, visited);
    }
}
