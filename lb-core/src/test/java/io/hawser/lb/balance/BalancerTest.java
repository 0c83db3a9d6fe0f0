package io.hawser.lb.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.hawser.lb.balance.Member.Health;
import io.hawser.testkit.Seed;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BalancerTest {
    private static final ExcludedMembers NOTHING = new ExcludedMembers();
    static final PoolSettings WITHOUT_SLOW_START =
            PoolSettings.DEFAULTS.with(Distribution.DEFAULTS.withSlowStart(Duration.ZERO));

    @ParameterizedTest
    @CsvSource({"100,100,100", "5,1,1", "1,2,3", "200,100,50", "7,0,3", "1000,1,1"})
    void roundRobinGivesEachExactlyItsWeightOverOneRound(int a, int b, int c) {
        Pool pool = pool(a, b, c);
        Balancer balancer = Balance.ROUND_ROBIN.balancer(0);

        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < a + b + c; i++) {
            counts.merge(picked(balancer, pool).name(), 1, Integer::sum);
        }

        assertEquals(a, counts.getOrDefault("m0", 0));
        assertEquals(b, counts.getOrDefault("m1", 0));
        assertEquals(c, counts.getOrDefault("m2", 0));
    }

    @Test
    void roundRobinSpreadsTheTurnsOfAHeavyMember() {
        Pool pool = pool(5, 1, 1);

        assertEquals("m0 m0 m1 m0 m2 m0 m0", names(Balance.ROUND_ROBIN.balancer(0), pool, 7));
    }

    @ParameterizedTest
    @EnumSource(names = {"LEAST_CONNECTIONS", "ROUND_ROBIN", "SOURCE_HASH"})
    void idleMembersTakeTurnsByWeight(Balance balance) {
        Pool even = pool(1, 1, 1);
        Pool uneven = pool(2, 1, 1);

        assertEquals(Map.of("m0", 100L, "m1", 100L, "m2", 100L), shares(balance.balancer(0), even, 300));
        assertEquals(Map.of("m0", 200L, "m1", 100L, "m2", 100L), shares(balance.balancer(0), uneven, 400));
    }

    @ParameterizedTest
    @EnumSource(names = {"LEAST_CONNECTIONS", "ROUND_ROBIN", "SOURCE_HASH"})
    void loopsStartWithDifferentMembers(Balance balance) {
        Pool pool = pool(1, 1, 1);

        assertNotSame(picked(balance.balancer(0), pool), picked(balance.balancer(1), pool));
        assertNotSame(picked(balance.balancer(1), pool), picked(balance.balancer(2), pool));
    }

    @Test
    void leastConnectionsFillsUpToTheWeights() {
        Pool pool = pool(300, 200, 100);
        Balancer balancer = Balance.LEAST_CONNECTIONS.balancer(0);

        for (int i = 0; i < 600; i++) {
            picked(balancer, pool).acquired();
        }

        assertEquals(
                List.of(300, 200, 100),
                pool.members().all().stream().map(Member::active).toList());
    }

    @Test
    void leastConnectionsSendsAllToTheMemberThatCameBackUntilItHasCaughtUp() {
        Pool pool = pool(1, 1, 1);
        pool.members().all().get(0).acquired();
        pool.members().all().get(0).acquired();
        pool.members().all().get(1).acquired();
        pool.members().all().get(1).acquired();
        Balancer balancer = Balance.LEAST_CONNECTIONS.balancer(0);

        for (int i = 0; i < 2; i++) {
            Member member = picked(balancer, pool);
            assertEquals("m2", member.name());
            member.acquired();
        }
        assertEquals(Map.of("m0", 10L, "m1", 10L, "m2", 10L), shares(balancer, pool, 30));
    }

    @Test
    void leastConnectionsNeverLeavesTheLeastLoadedForRandomLoads() {
        long seed = Seed.ofThisRun();
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            int[] weights = random.ints(1 + random.nextInt(8), 1, 20).toArray();
            Pool pool = pool(weights);
            pool.members().all().forEach(member -> {
                for (int i = random.nextInt(30); i > 0; i--) {
                    member.acquired();
                }
            });

            Member chosen = picked(Balance.LEAST_CONNECTIONS.balancer(round), pool);

            double least = pool.members().all().stream()
                    .mapToDouble(member -> (double) member.active() / member.weight())
                    .min()
                    .orElseThrow();
            assertEquals(least, (double) chosen.active() / chosen.weight(), 1e-9, "seed " + seed);
        }
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void aTriedMemberIsNotChosenAgain(Balance balance) {
        Pool pool = pool(1, 100, 1);
        Balancer balancer = balance.balancer(0);
        ExcludedMembers tried = new ExcludedMembers();
        List<String> seen = new ArrayList<>();

        for (int i = 0; i < 3; i++) {
            Member member = balancer.pick(pool.members(), tried, AffinityKey.NONE, 0);
            assertNotNull(member);
            seen.add(member.name());
            tried.add(member);
        }

        assertEquals(List.of("m0", "m1", "m2"), seen.stream().sorted().toList());
        assertNull(balancer.pick(pool.members(), tried, AffinityKey.NONE, 0));
        tried.clear();
        assertNotNull(balancer.pick(pool.members(), tried, AffinityKey.NONE, 0));
    }

    @Test
    void twoChoicesComeNearlyAsEvenAsLookingAtAll() {
        int[] weights = {100, 200, 100, 50, 100, 100, 100, 100, 100, 100};
        Pool pool = pool(weights);
        Balancer balancer = Balance.RANDOM.balancer(1);
        for (int i = 0; i < 10_500; i++) {
            picked(balancer, pool).acquired();
        }
        for (int i = 0; i < weights.length; i++) {
            // One choice by lot alone would be off by a hundred now and then.
            assertEquals(10 * weights[i], pool.members().all().get(i).active(), 20, "m" + i);
        }
    }

    @Test
    void twoChoicesPreferTheOneWithFewer() {
        Pool pool = pool(1, 1);
        pool.members().all().get(0).acquired();
        Balancer balancer = Balance.RANDOM.balancer(1);
        Map<String, Long> shares = shares(balancer, pool, 1000);
        assertEquals(1000L, shares.getOrDefault("m1", 0L), 20.0);
    }

    @Test
    void aWeightChangedAtRunTimeDecidesFromTheNextTurn() {
        Pool pool = pool(1, 1);
        Balancer balancer = Balance.ROUND_ROBIN.balancer(0);
        assertEquals(Map.of("m0", 50L, "m1", 50L), shares(balancer, pool, 100));

        pool.weight(pool.members().all().get(0), 3);
        assertEquals(Map.of("m0", 75L, "m1", 25L), shares(balancer, pool, 100));

        pool.weight(pool.members().all().get(0), 0);
        assertEquals(Map.of("m1", 10L), shares(balancer, pool, 10));
    }

    @Test
    void aMemberThatLeavesAndComesBackDoesNotDisturbTheShares() {
        Pool pool = pool(1, 1, 1);
        Balancer balancer = Balance.ROUND_ROBIN.balancer(0);
        picked(balancer, pool);

        pool.health(pool.members().all().get(1), Health.DOWN);
        shares(balancer, pool, 100).values().forEach(share -> assertEquals(50, share, 1));
        pool.health(pool.members().all().get(1), Health.UP);

        shares(balancer, pool, 300).values().forEach(share -> assertEquals(100, share, 1));
    }

    static Pool pool(int... weights) {
        List<Member> members = new ArrayList<>();
        for (int weight : weights) {
            members.add(new Member("p", "m" + members.size(), new InetSocketAddress("127.0.0.1", 1), weight));
        }
        Pool pool = new Pool("p", WITHOUT_SLOW_START, members);
        members.forEach(member -> pool.health(member, Health.UP));
        return pool;
    }

    private static Member picked(Balancer balancer, Pool pool) {
        Member member = balancer.pick(pool.members(), NOTHING, AffinityKey.NONE, 0);
        assertNotNull(member);
        return member;
    }

    private static Map<String, Long> shares(Balancer balancer, Pool pool, int picks) {
        return List.of(names(balancer, pool, picks).split(" ")).stream()
                .collect(Collectors.groupingBy(name -> name, Collectors.counting()));
    }

    private static String names(Balancer balancer, Pool pool, int picks) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < picks; i++) {
            names.add(picked(balancer, pool).name());
        }
        return String.join(" ", names);
    }
}
