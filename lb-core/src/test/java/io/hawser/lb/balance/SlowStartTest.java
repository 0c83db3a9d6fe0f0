package io.hawser.lb.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Member.Health;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SlowStartTest {
    private static final long SECOND = 1_000_000_000L;
    private static final ExcludedMembers NOTHING = new ExcludedMembers();

    @ParameterizedTest
    @CsvSource({"0, 0.0", "3, 0.1", "15, 0.5", "27, 0.9", "30, 1.0", "300, 1.0"})
    void theRampIsLinearAndThirtySecondsLong(long seconds, double ramped) {
        Pool pool = recovered(Balance.ROUND_ROBIN, Health.DOWN);
        assertEquals(ramped, pool.members().all().getFirst().ramped(seconds * SECOND), 1e-9);
        assertEquals(1, pool.members().all().get(1).ramped(seconds * SECOND));
    }

    @ParameterizedTest
    @EnumSource(names = {"DOWN", "DRAINING"})
    void whoWasJudgedToBeAwayStartsSlowly(Health before) {
        assertTrue(recovered(Balance.ROUND_ROBIN, before)
                .members()
                .all()
                .getFirst()
                .isRamping(SECOND));
    }

    @Test
    void nobodyStartsSlowlyWithTheProcess() {
        Pool pool = pool(PoolSettings.DEFAULTS);
        pool.members().all().forEach(member -> pool.health(member, Health.UP, 0));
        pool.members().all().forEach(member -> assertEquals(1, member.ramped(0)));
    }

    @Test
    void whoIsTakenBackInByAnOperatorStartsSlowly() {
        Pool pool = pool(PoolSettings.DEFAULTS);
        Member member = pool.members().all().getFirst();
        pool.health(member, Health.UP, 0);
        pool.drain(member, true, 0);
        pool.drain(member, false, 100 * SECOND);
        assertEquals(0.5, member.ramped(115 * SECOND), 1e-9);
    }

    @Test
    void withoutSlowStartItsWeightIsWholeAtOnce() {
        Pool pool = pool(BalancerTest.WITHOUT_SLOW_START);
        Member member = pool.members().all().getFirst();
        pool.health(member, Health.DOWN, 0);
        pool.health(member, Health.UP, 0);
        assertEquals(1, member.ramped(0));
    }

    @ParameterizedTest
    @CsvSource({
        "ROUND_ROBIN, 3, 0.048",
        "ROUND_ROBIN, 15, 0.2",
        "ROUND_ROBIN, 30, 0.333",
        "RANDOM, 3, 0.048",
        "RANDOM, 15, 0.2",
        "RANDOM, 30, 0.333"
    })
    void shortConnectionsComeByTheShareThatTheRampHasReached(Balance balance, long seconds, double share) {
        Pool pool = recovered(balance, Health.DOWN);
        Balancer balancer = balance.balancer(0);
        int picks = 6000;
        int slow = 0;
        for (int i = 0; i < picks; i++) {
            if (pick(balancer, pool, seconds * SECOND) == pool.members().all().getFirst()) {
                slow++;
            }
        }
        assertEquals(share, (double) slow / picks, 0.05);
    }

    /** All others carry a hundred connections, and a hundred new ones come each second. */
    @ParameterizedTest
    @EnumSource(names = {"LEAST_CONNECTIONS", "RANDOM"})
    void aRestartedMemberDoesNotGetEveryNewConnection(Balance balance) {
        Pool pool = recovered(balance, Health.DOWN);
        Member restarted = pool.members().all().getFirst();
        for (Member other : pool.members().all().subList(1, 3)) {
            for (int i = 0; i < 100; i++) {
                other.acquired();
            }
        }
        Balancer balancer = balance.balancer(0);
        for (int second = 0; second < 30; second++) {
            int before = restarted.active();
            for (int i = 0; i < 100; i++) {
                pick(balancer, pool, second * SECOND + i * SECOND / 100).acquired();
            }
            int got = restarted.active() - before;
            double reached = (second + 1) / 30.0;
            assertTrue(got <= 100 * reached + 15, "second " + second + ": " + got + " of 100 at " + reached);
            int others = pool.members().all().get(1).active();
            assertTrue(
                    restarted.active() <= others * reached + 15,
                    "second " + second + ": " + restarted.active() + " beside " + others);
        }
        assertTrue(restarted.active() > 500, "it is starved: " + restarted.active());
    }

    /** All others carry a hundred connections that stay; those that come are over at once, so it always has none. */
    @ParameterizedTest
    @CsvSource({"LEAST_CONNECTIONS, 3", "LEAST_CONNECTIONS, 15", "RANDOM, 3", "RANDOM, 15"})
    void aRestartedMemberDoesNotGetEveryShortConnectionEither(Balance balance, long seconds) {
        Pool pool = recovered(balance, Health.DOWN);
        for (Member other : pool.members().all().subList(1, 3)) {
            for (int i = 0; i < 100; i++) {
                other.acquired();
            }
        }
        Balancer balancer = balance.balancer(0);
        int got = 0;
        for (int i = 0; i < 3000; i++) {
            if (pick(balancer, pool, seconds * SECOND) == pool.members().all().getFirst()) {
                got++;
            }
        }
        double reached = seconds / 30.0;
        assertTrue(got <= 3000 * (reached + 0.05), got + " of 3000 at " + reached);
        assertTrue(got >= 3000 * reached / 3, "it is starved: " + got);
    }

    @Test
    void whenAllStartSlowlyOneIsChosenAllTheSame() {
        for (Balance balance : Balance.values()) {
            Pool pool = pool(PoolSettings.DEFAULTS);
            for (Member member : pool.members().all()) {
                pool.health(member, Health.DOWN, 0);
                pool.health(member, Health.UP, 0);
            }
            for (int i = 0; i < 1000; i++) {
                assertNotNull(balance.balancer(0).pick(pool.members(), NOTHING, i, 0), balance.name());
            }
        }
    }

    private static Pool recovered(Balance balance, Health from) {
        Pool pool = pool(new PoolSettings(balance, Duration.ofSeconds(1), 3, PoolSettings.OnDown.CLOSE));
        List<Member> members = pool.members().all();
        pool.health(members.getFirst(), from, -100 * SECOND);
        members.forEach(member -> pool.health(member, Health.UP, 0));
        return pool;
    }

    private static Pool pool(PoolSettings settings) {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            members.add(new Member("p", "m" + i, new InetSocketAddress("127.0.0.1", 1), 100));
        }
        return new Pool("p", settings, members);
    }

    private static Member pick(Balancer balancer, Pool pool, long now) {
        Member member = balancer.pick(pool.members(), NOTHING, AffinityKey.NONE, now);
        assertNotNull(member);
        return member;
    }
}
