package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.hawser.testkit.Seed;
import java.util.EnumMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Seeded schedules of the real plan: a thousand that are always the same, and a thousand that move with the commit.
 * {@code -Dhawser.connect.schedules=1000000} for more of them, {@code -Dhawser.connect.seed=N} for that one alone.
 */
class ConnectPlanSimulationTest {
    private static final int ALWAYS = 1_000;
    private static final int FOR_A_BREAKAGE = 2_000;

    private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
    private int hedges;
    private int replays;
    private int queued;
    private int won;

    private void run(long seed) {
        ConnectWorld world = new ConnectWorld(seed, null);
        try {
            world.run();
        } catch (RuntimeException e) {
            throw new AssertionError(e.getMessage() + "; again with -Dhawser.connect.seed=" + seed, e);
        }
        world.outcomes.forEach((outcome, count) -> outcomes.merge(outcome, count, Integer::sum));
        hedges += world.hedges;
        replays += world.replays;
        queued += world.queued;
        won += world.won;
    }

    @Test
    void nothingHappensThatNeverMay() {
        Long only = Long.getLong("hawser.connect.seed");
        if (only != null) {
            run(only);
            return;
        }
        for (long seed = 0; seed < ALWAYS; seed++) {
            run(seed);
        }
        RandomGenerator seeds = RandomGeneratorFactory.of("L64X128MixRandom").create(Seed.ofThisRun());
        for (long i = Long.getLong("hawser.connect.schedules", ALWAYS); i > 0; i--) {
            run(seeds.nextLong());
        }
        System.out.println("connect plan: " + won + " won, " + hedges + " raced, " + replays + " of them with a hello, "
                + queued + " queued; ends " + outcomes);
        assertTrue(won > 10_000 && hedges > 1_000 && replays > 500 && queued > 1_000, "too little has happened");
        for (Outcome each : new Outcome[] {
            Outcome.NO_MEMBER,
            Outcome.CONNECT_FAILED,
            Outcome.QUEUE_FULL,
            Outcome.QUEUE_TIMEOUT,
            Outcome.INTERNAL,
            Outcome.MEMBER_RESET
        }) {
            assertTrue(outcomes.getOrDefault(each, 0) > 50, () -> each + " hardly ever");
        }
    }

    @ParameterizedTest
    @EnumSource
    void itFindsWhatIsBroken(ConnectWorld.Broken broken) {
        for (long seed = 0; seed < FOR_A_BREAKAGE; seed++) {
            try {
                new ConnectWorld(seed, broken).run();
            } catch (ConnectWorld.Violation | IllegalStateException e) {
                System.out.println("connect plan that " + broken + ": seed " + seed + ": " + e.getMessage());
                return;
            }
        }
        fail(FOR_A_BREAKAGE + " schedules did not find a plan that " + broken);
    }
}
