package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Seeded schedules of faults on the real engine; {@code -Dhawser.simulation.schedules=N} for more,
 * {@code -Dhawser.simulation.seed=N} for one with its timeline.
 */
class VrrpSimulationTest {

    private static final int SCHEDULES = Integer.getInteger("hawser.simulation.schedules", 2000);

    @Test
    void holdsItsInvariantsInEverySchedule() {
        Long only = Long.getLong("hawser.simulation.seed");
        long first = only == null ? 1 : only;
        long last = only == null ? SCHEDULES : only;
        long steps = 0;
        long takeovers = 0;
        for (long seed = first; seed <= last; seed++) {
            Simulation simulation = new Simulation(seed, VrrpEngine::on, true, only != null);
            try {
                simulation.run();
            } catch (Simulation.Violation violation) {
                fail(replay(seed, VrrpEngine::on, true, violation));
            }
            steps += simulation.steps();
            takeovers += simulation.takeovers();
            if (only != null) {
                System.out.println(String.join("\n", simulation.timeline()));
            }
        }
        System.out.println((last - first + 1) + " schedules, " + steps + " engine steps, " + takeovers + " takeovers");
    }

    /** The same seed once more, with the timeline. */
    private static String replay(long seed, Simulation.Engine engine, boolean stale, Simulation.Violation violation) {
        Simulation again = new Simulation(seed, engine, stale, true);
        try {
            again.run();
        } catch (Simulation.Violation same) {
            return same.getMessage() + "\n" + String.join("\n", again.timeline());
        }
        return violation.getMessage() + ", and not again: the simulation is not deterministic";
    }

    /** An engine that is broken on purpose. */
    record Broken(String how, Simulation.Engine engine, boolean staleRemoved) {
        Broken(String how, Simulation.Engine engine) {
            this(how, engine, true);
        }

        @Override
        public String toString() {
            return how;
        }
    }

    static Stream<Broken> brokenEngines() {
        return Stream.of(
                new Broken(
                        "does not notice that it stalled",
                        (e, s, ev, now) -> VrrpEngine.on(
                                e,
                                s instanceof State.Active a && now - a.sentAt() > e.stallNanos() ? a.sent(now, now) : s,
                                ev,
                                now)),
                new Broken(
                        "is deaf while active",
                        (e, s, ev, now) -> s instanceof State.Active && ev instanceof Event.Heard
                                ? Step.to(s)
                                : VrrpEngine.on(e, s, ev, now)),
                new Broken("does not wait three intervals", (e, s, ev, now) -> {
                    Step step = VrrpEngine.on(e, s, ev, now);
                    return step.state() instanceof State.Backup b && b.pending() instanceof State.Wait.Down
                            ? new Step(
                                    b.waiting(new State.Wait.Skew(Cause.ADVERTS_STOPPED), b.armedAt()), step.actions())
                            : step;
                }),
                new Broken(
                        "does not see that the active node is unfit",
                        heard(h -> h.priority() == 1 ? new Event.Heard(h.source(), 254, h.intervalNanos()) : h)),
                new Broken("leaves the address when it yields", (e, s, ev, now) -> {
                    Step step = VrrpEngine.on(e, s, ev, now);
                    List<Action> kept = step.actions().stream()
                            .filter(a -> !(a instanceof Action.RemoveAddresses && step.state() instanceof State.Backup))
                            .toList();
                    return new Step(step.state(), kept);
                }),
                new Broken(
                        "waits for ever when nobody advertises",
                        (e, s, ev, now) -> s instanceof State.Backup && ev instanceof Event.Tick
                                ? Step.to(s)
                                : VrrpEngine.on(e, s, ev, now)),
                new Broken(
                        "trusts a timer that is far too late",
                        (e, s, ev, now) -> s instanceof State.Backup b && ev instanceof Event.Tick
                                ? VrrpEngine.on(e, rechecked(b), ev, now)
                                : VrrpEngine.on(e, s, ev, now)),
                new Broken("believes any interval", (e, s, ev, now) -> VrrpEngine.on(unlimited(e), s, ev, now)),
                new Broken(
                        "takes the address while isolated",
                        (e, s, ev, now) -> VrrpEngine.on(e, s, notIsolated(ev), now)),
                new Broken(
                        "ignores what peers say out of band",
                        (e, s, ev, now) -> ev instanceof Event.Told ? Step.to(s) : VrrpEngine.on(e, s, ev, now)),
                new Broken("keeps the address of its crashed predecessor", VrrpEngine::on, false));
    }

    private static Simulation.Engine heard(UnaryOperator<Event.Heard> change) {
        return (e, s, ev, now) -> VrrpEngine.on(e, s, ev instanceof Event.Heard h ? change.apply(h) : ev, now);
    }

    private static State.Backup rechecked(State.Backup b) {
        return new State.Backup(
                b.situation(), b.armedAt(), b.pending(), b.intervalNanos(), b.active(), b.lower(), true);
    }

    private static Election unlimited(Election e) {
        return new Election(
                e.version(),
                e.priority(),
                e.intervalNanos(),
                Long.MAX_VALUE,
                e.preempt(),
                e.preemptDelayNanos(),
                e.startDelayNanos(),
                e.freshnessNanos(),
                e.peers(),
                e.names());
    }

    private static Event notIsolated(Event event) {
        return event instanceof Event.FitnessChanged(Fitness fitness, String reason) && fitness == Fitness.ISOLATED
                ? new Event.FitnessChanged(Fitness.UNFIT, reason)
                : event;
    }

    @ParameterizedTest
    @MethodSource("brokenEngines")
    void findsAnEngineThatIsBrokenOnPurpose(Broken broken) {
        for (long seed = 1; seed <= 2000; seed++) {
            try {
                new Simulation(seed, broken.engine(), broken.staleRemoved(), false).run();
            } catch (Simulation.Violation violation) {
                System.out.println(
                        "an engine that " + broken + ": found by schedule " + seed + ": " + violation.getMessage());
                return;
            }
        }
        fail("2000 schedules did not find an engine that " + broken);
    }

    @Test
    void isDeterministic() {
        Simulation one = new Simulation(7, VrrpEngine::on, true, true);
        Simulation two = new Simulation(7, VrrpEngine::on, true, true);
        one.run();
        two.run();
        assertTrue(one.timeline().equals(two.timeline()) && one.timeline().size() > 5);
    }
}
