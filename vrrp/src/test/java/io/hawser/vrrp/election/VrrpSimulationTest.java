package io.hawser.vrrp.election;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.hawser.vrrp.election.Simulation.Design;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Seeded schedules of faults on the real engine: a thousand that are always the same, and others behind
 * {@code -Dhawser.simulation.base=N}, which ./verify takes from the commit. {@code -Dhawser.simulation.schedules=5000000} for more of
 * them, {@code -Dhawser.simulation.seed=N} for that one alone, with its timeline.
 */
class VrrpSimulationTest {

    private static final int ALWAYS = 1_000;
    private static final int SCHEDULES = 2_000;

    /** Those that found something once, be it in the engine or in what is asked of it. */
    private static final long[] FOUND = {
        95571404L, 75704684L, 206118356L, 3000120563L, 5000005305L, 6000008708L, 7000013586L
    };

    private static final int HOSTILE_SCHEDULES = 10_000;
    private static final int SCHEDULES_FOR_A_BREAKAGE = 10_000;

    @Test
    void holdsItsInvariantsInEverySchedule() {
        holds(Design.REAL, SCHEDULES);
    }

    /** What is told out of band is late, repeated, wrong and contradictory: it must move no address from a node that is heard. */
    @Test
    void holdsItsInvariantsWithHostileEvidence() {
        holds(Design.REAL.withHostileEvidence(), HOSTILE_SCHEDULES);
    }

    private static void holds(Design design, int most) {
        Long only = Long.getLong("hawser.simulation.seed");
        long count = only == null ? Long.getLong("hawser.simulation.schedules", most) : 1;
        long base = ALWAYS + Long.getLong("hawser.simulation.base", 0);
        LongStream seeds = only == null
                ? LongStream.concat(
                        LongStream.of(FOUND),
                        LongStream.range(1, 1 + count)
                                .map(number -> number <= ALWAYS ? number : base + number - ALWAYS))
                : LongStream.of(only);
        LongAdder steps = new LongAdder();
        LongAdder takeovers = new LongAdder();
        // Each schedule is a world of its own, so they share nothing but these sums; the first that fails is told.
        seeds.parallel()
                .mapToObj(seed -> {
                    Simulation simulation = new Simulation(seed, design, count == 1);
                    try {
                        simulation.run();
                    } catch (Simulation.Violation violation) {
                        return Optional.of(replay(design, seed, violation));
                    }
                    steps.add(simulation.steps());
                    takeovers.add(simulation.takeovers());
                    simulation.timeline().forEach(System.out::println);
                    return Optional.<String>empty();
                })
                .flatMap(Optional::stream)
                .findFirst()
                .ifPresent(violation -> fail(violation));
        System.out.println(count + " schedules (base " + (base - ALWAYS) + "), " + steps + " engine steps, " + takeovers
                + " takeovers");
    }

    /** The same seed once more, with the timeline. */
    private static String replay(Design design, long seed, Simulation.Violation violation) {
        Simulation again = new Simulation(seed, design, true);
        try {
            again.run();
        } catch (Simulation.Violation same) {
            return same.getMessage() + "\n" + String.join("\n", again.timeline())
                    + "\nto see it again: -Dtest=VrrpSimulationTest#"
                    + (design.hostile() ? "holdsItsInvariantsWithHostileEvidence" : "holdsItsInvariantsInEverySchedule")
                    + " -Dhawser.simulation.seed=" + seed;
        }
        return violation.getMessage() + ", and not again: the simulation is not deterministic";
    }

    /** A design that is broken on purpose. */
    record Broken(String how, Design design) {
        Broken(String how, Simulation.Engine engine) {
            this(how, Design.of(engine));
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
                        (e, s, ev, now) -> s instanceof State.Active && ev instanceof Event.AdvertReceived
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
                        heard(h ->
                                h.priority() == 1 ? new Event.AdvertReceived(h.source(), 254, h.intervalNanos()) : h)),
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
                                ? VrrpEngine.on(e, inTime(e, b, now), ev, now)
                                : VrrpEngine.on(e, s, ev, now)),
                new Broken("believes any interval", (e, s, ev, now) -> VrrpEngine.on(unlimited(e), s, ev, now)),
                new Broken(
                        "takes the address while isolated",
                        (e, s, ev, now) -> VrrpEngine.on(e, s, notIsolated(ev), now)),
                new Broken(
                        "ignores what peers say out of band",
                        (e, s, ev, now) ->
                                ev instanceof Event.PeerEvidence ? Step.to(s) : VrrpEngine.on(e, s, ev, now)),
                new Broken(
                        "follows every resignation",
                        (e, s, ev, now) -> VrrpEngine.on(
                                e,
                                s,
                                ev instanceof Event.AdvertReceived h
                                                && h.priority() == 0
                                                && s
                                                        instanceof
                                                        State.Backup(
                                                                var _,
                                                                var _,
                                                                var _,
                                                                var _,
                                                                State.Sender active,
                                                                var _,
                                                                var _)
                                                && active != null
                                        ? new Event.AdvertReceived(active.source(), 0, h.intervalNanos())
                                        : ev,
                                now)),
                new Broken(
                        "believes a refusal of before the restart",
                        (e, s, ev, now) -> VrrpEngine.on(
                                e,
                                s,
                                ev instanceof Event.PeerEvidence(Evidence.Gone(var peer, var reason, var _, var _))
                                        ? new Event.PeerEvidence(new Evidence.Gone(peer, reason, true, now))
                                        : ev,
                                now)),
                new Broken(
                        "believes old answers",
                        (e, s, ev, now) -> VrrpEngine.on(
                                e,
                                s,
                                ev instanceof Event.PeerEvidence(Evidence.Alive a)
                                        ? new Event.PeerEvidence(new Evidence.Alive(
                                                a.peer(), a.active(), a.fit(), a.priority(), now + Simulation.SECOND))
                                        : ev,
                                now)),
                new Broken(
                        "believes a peer that says it is active without asking the link",
                        (e, s, ev, now) -> VrrpEngine.on(
                                e,
                                s,
                                ev instanceof Event.Tick
                                                && s instanceof State.Backup b
                                                && b.pending() instanceof State.Wait.Answer
                                        ? new Event.Answered("of nobody", null)
                                        : ev,
                                now)),
                new Broken("gives way to a peer that says it is active without asking the link", (e, s, ev, now) -> {
                    Step step = VrrpEngine.on(e, s, ev, now);
                    return step.state() instanceof State.Active a
                                    && a.doubt() != null
                                    && ev instanceof Event.PeerEvidence
                            ? step.then(VrrpEngine.on(e, a, new Event.Answered("of nobody", null), now))
                            : step;
                }),
                new Broken("takes one lost question for an answer", (e, s, ev, now) -> {
                    Step step = VrrpEngine.on(e, s, ev, now);
                    return step.state() instanceof State.Backup b
                                    && b.pending() instanceof State.Wait.Answer(int asked)
                                    && asked == 1
                            ? new Step(
                                    b.waiting(new State.Wait.Answer(Election.QUESTIONS), b.armedAt()), step.actions())
                            : step;
                }),
                new Broken(
                        "does not see what answers on the link",
                        (e, s, ev, now) -> ev instanceof Event.Answered ? Step.to(s) : VrrpEngine.on(e, s, ev, now)),
                new Broken(
                        "keeps the address of its crashed predecessor",
                        new Design(VrrpEngine::on, Group::new, false, false)),
                new Broken("does not ask again before it takes back what it gave up", (e, s, ev, now) -> {
                    // Only a fresh answer counts for it, whatever was found on the link before.
                    boolean forgets = ev instanceof Event.Tick
                            && s instanceof State.Backup b
                            && !(b.pending() instanceof State.Wait.Answer);
                    return VrrpEngine.on(e, forgets ? s.with(s.situation().withAnswer(null)) : s, ev, now);
                }));
    }

    static Stream<Broken> gullibleEngines() {
        return Stream.of(
                        new Broken(
                                "dates a refusal by its report",
                                told(gone -> (now -> new Evidence.Gone(gone.peer(), gone.reason(), true, now)))),
                        new Broken(
                                "takes a firewall for a death",
                                told(gone -> (_ -> new Evidence.Gone(gone.peer(), gone.reason(), true, gone.at())))))
                .map(broken -> new Broken(broken.how(), broken.design().withHostileEvidence()));
    }

    /** An engine that changes what it is told of refusals. */
    private static Simulation.Engine told(Function<Evidence.Gone, LongFunction<Evidence>> change) {
        return (e, s, ev, now) -> VrrpEngine.on(
                e,
                s,
                ev instanceof Event.PeerEvidence(Evidence.Gone gone)
                        ? new Event.PeerEvidence(change.apply(gone).apply(now))
                        : ev,
                now);
    }

    static Stream<Broken> brokenGroups() {
        return Stream.of(
                new Broken(
                        "moves routers of a group without asking the others", grouping(members -> new Group(members) {
                            @Override
                            public Event due(Member member, long now) {
                                return new Event.Tick();
                            }
                        })),
                new Broken("does not take the rest of a group along", without(Event.GroupActive.class)),
                new Broken("does not give up the rest of a group", without(Event.GroupLeft.class)),
                new Broken("does not judge a group as one", without(Event.FitnessChanged.class)));
    }

    private static Design grouping(Function<List<? extends Group.Member>, Group> grouping) {
        return new Design(VrrpEngine::on, grouping, true, false);
    }

    /** A group that lacks one kind of order. */
    private static Design without(Class<? extends Event> missing) {
        return grouping(members -> new Group(members) {
            @Override
            Order next(long now) {
                Order order = super.next(now);
                return order == null || missing.isInstance(order.event()) ? null : order;
            }
        });
    }

    private static Simulation.Engine heard(UnaryOperator<Event.AdvertReceived> change) {
        return (e, s, ev, now) -> VrrpEngine.on(e, s, ev instanceof Event.AdvertReceived h ? change.apply(h) : ev, now);
    }

    /** The same backup, whose timer is due now if it was due before. */
    private static State.Backup inTime(Election e, State.Backup b, long now) {
        long late = Math.max(0, now - VrrpEngine.deadline(e, b).orElse(now));
        return new State.Backup(
                b.situation(), b.armedAt() + late, b.pending(), b.intervalNanos(), b.active(), b.lower(), b.rechecks());
    }

    private static Election unlimited(Election e) {
        return new Election(
                e.version(),
                e.priority(),
                new Election.Intervals(e.intervalNanos(), Long.MAX_VALUE),
                e.takeover(),
                e.peers(),
                e.names());
    }

    private static Event notIsolated(Event event) {
        return event instanceof Event.FitnessChanged(Fitness fitness, String reason) && fitness == Fitness.ISOLATED
                ? new Event.FitnessChanged(Fitness.UNFIT, reason)
                : event;
    }

    @ParameterizedTest
    @MethodSource({"brokenEngines", "gullibleEngines", "brokenGroups"})
    void findsWhatIsBrokenOnPurpose(Broken broken) {
        for (long seed = 1; seed <= SCHEDULES_FOR_A_BREAKAGE; seed++) {
            try {
                new Simulation(seed, broken.design(), false).run();
            } catch (Simulation.Violation violation) {
                System.out.println("a router that " + broken + ": found by " + violation.getMessage());
                return;
            }
        }
        fail(SCHEDULES_FOR_A_BREAKAGE + " schedules did not find a router that " + broken);
    }

    @Test
    void isDeterministic() {
        Simulation one = new Simulation(7, Design.REAL, true);
        Simulation two = new Simulation(7, Design.REAL, true);
        one.run();
        two.run();
        assertTrue(one.timeline().size() > 5);
        assertEquals(one.timeline(), two.timeline());
    }
}
