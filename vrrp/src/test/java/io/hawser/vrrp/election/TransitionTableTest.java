package io.hawser.vrrp.election;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.testkit.TestReferences;
import io.hawser.vrrp.election.Simulation.Design;
import io.hawser.vrrp.election.State.Initialize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The table in the comment of {@link VrrpEngine} says all that the engine does and nothing that it does not: which event
 * moves which state where, with which causes. Driven through every state, event and parameters of
 * {@link VrrpEngineTableTest} in every combination, and through simulated schedules.
 */
class TransitionTableTest {
    private static final Path ENGINE =
            TestReferences.ROOT.resolve("vrrp/src/main/java/io/hawser/vrrp/election/VrrpEngine.java");
    private static final Pattern ROW = Pattern.compile(
            "^ \\* \\| (initialize|backup|active) +\\| (\\w+) +\\| (\\w+) +\\| ([a-z, -]+?) +\\|$", Pattern.MULTILINE);
    private static final int SCHEDULES = 200;
    private static final long MS = 1_000_000L;

    /** When the engine is asked, in milliseconds after the states were entered: before, at and after all its waits. */
    private static final List<Long> MOMENTS = List.of(5L, 50L, 251L, 322L, 372L, 401L, 722L, 3000L);

    /** What moved, as "backup Tick active adverts-stopped". */
    private static final class Seen {
        private final Set<String> moves = new TreeSet<>();

        Step on(Election election, State before, Event event, long now) {
            Step step = VrrpEngine.on(election, before, event, now);
            RouterState at = before.name();
            for (Action action : step.actions()) {
                if (action instanceof Action.Moved(RouterState from, RouterState to, Cause cause, String _)) {
                    assertEquals(at, from, () -> "a move that begins where the router is not: " + step);
                    moves.add(move(from.label(), event.getClass(), to.label(), cause.label()));
                    at = to;
                }
            }
            assertEquals(step.state().name(), at, () -> "a move that nobody is told of: " + before + ", " + event);
            if (before instanceof Initialize was
                    && step.state() instanceof Initialize is
                    && was.cause() != is.cause()) {
                moves.add(move(
                        was.name().label(),
                        event.getClass(),
                        is.name().label(),
                        is.cause().label()));
            }
            return step;
        }
    }

    private static String move(String from, Class<?> event, String to, String cause) {
        return String.join(" ", from, event.getSimpleName(), to, cause);
    }

    private static Set<String> table() throws IOException {
        Set<String> moves = new TreeSet<>();
        Matcher row = ROW.matcher(Files.readString(ENGINE));
        while (row.find()) {
            String name = row.group(2);
            List<Class<?>> events = Stream.<Class<?>>of(Event.class.getPermittedSubclasses())
                    .filter(each -> name.equals("any") || name.equals(each.getSimpleName()))
                    .toList();
            assertTrue(!events.isEmpty(), () -> "there is no event " + name);
            for (Class<?> event : events) {
                for (String cause : row.group(4).split(", ")) {
                    String move = move(row.group(1), event, row.group(3), cause);
                    assertTrue(moves.add(move), () -> "twice in the table: " + move);
                }
            }
        }
        return moves;
    }

    @Test
    void saysWhatTheEngineDoesAndNothingElse() throws IOException {
        Seen seen = new Seen();
        combine(seen);
        simulate(seen);
        Set<String> table = table();
        assertEquals(List.of(), without(seen.moves, table), "done by the engine and not in the table");
        assertEquals(List.of(), without(table, seen.moves), "in the table and never done by the engine");
    }

    private static List<String> without(Set<String> all, Collection<String> others) {
        return all.stream().filter(each -> !others.contains(each)).toList();
    }

    private static void combine(Seen seen) {
        List<VrrpEngineTableTest.Row> rows = VrrpEngineTableTest.rows();
        Set<State> states = new LinkedHashSet<>();
        Set<Event> events = new LinkedHashSet<>();
        Set<Election> elections = new LinkedHashSet<>();
        for (VrrpEngineTableTest.Row row : rows) {
            states.add(row.state());
            events.add(row.event());
            elections.add(row.election());
        }
        for (Election election : elections) {
            Set<State> after = new LinkedHashSet<>();
            for (State state : states) {
                for (Event event : events) {
                    for (long moment : MOMENTS) {
                        after.add(seen.on(election, state, event, moment * MS).state());
                    }
                }
            }
            for (State state : after) {
                OptionalLong due = VrrpEngine.deadline(election, state);
                if (due.isPresent()) {
                    seen.on(election, state, new Event.Tick(), due.getAsLong());
                    events.stream()
                            .filter(Event.GroupHold.class::isInstance)
                            .forEach(held -> seen.on(election, state, held, due.getAsLong()));
                }
            }
        }
    }

    private static void simulate(Seen seen) {
        Design design = Design.of(seen::on);
        for (long seed = 1; seed <= SCHEDULES; seed++) {
            new Simulation(seed, design, false).run();
            new Simulation(seed, design.withHostileEvidence(), false).run();
        }
    }
}
