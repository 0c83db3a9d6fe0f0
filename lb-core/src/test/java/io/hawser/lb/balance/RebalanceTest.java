package io.hawser.lb.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Member.Health;
import io.hawser.lb.balance.Rebalance.Relief;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RebalanceTest {
    private static final long SECOND = 1_000_000_000L;

    @ParameterizedTest
    @CsvSource({
        "150 150 0, 10, m0:5 m1:5",
        "150 150 0, 1000, m0:40 m1:40",
        "200 100 0, 10, m0:10",
        "110 110 80, 10, ''",
        "111 110 79, 10, m0:1",
        "100 100 100, 10, ''",
        "0 0 0, 10, ''",
        "2 1 0, 10, ''",
        "4 0 0, 10, m0:2",
        "150 150 0, 0, ''"
    })
    void relievesThoseThatHaveTooManyDownToATenthAboveTheirShare(String loads, int most, String expected) {
        assertEquals(expected, words(Rebalance.plan(pool(loads).members(), most, 0)));
    }

    @Test
    void sharesAreByWeight() {
        Pool pool = pool("200 100 0");
        pool.weight(pool.members().all().get(0), 200);
        assertEquals("m0:35 m1:17", words(Rebalance.plan(pool.members(), 1000, 0)));
    }

    @ParameterizedTest
    @CsvSource({"DOWN, ''", "DRAINING, ''", "UNKNOWN, ''"})
    void nothingIsMovedWhileAMemberIsAway(Health health, String expected) {
        Pool pool = pool("300 20 10 10");
        pool.health(pool.members().all().get(3), health);
        assertEquals(expected, words(Rebalance.plan(pool.members(), 10, 0)));
        pool.drain(pool.members().all().get(3), true);
        assertEquals(
                "m0:10", words(Rebalance.plan(pool.members(), 10, 0)), "an operator's drain is not to be waited for");
    }

    @Test
    void aPoolOfOneIsLeftAlone() {
        assertEquals(List.of(), Rebalance.plan(pool("100").members(), 10, 0));
    }

    /**
     * A member of three is back after a restart; the clients of the others stay connected, and whoever is closed comes back
     * through the balancer. In virtual time, with a slow start of 30 s.
     */
    @Test
    void aReturnedMemberComesToItsShareAndNobodyFallsBelow() {
        Pool pool = pool("0 0 0", PoolSettings.DEFAULTS);
        List<Member> members = pool.members().all();
        for (int i = 0; i < 300; i++) {
            members.get(i % 2).acquired();
        }
        pool.health(members.get(2), Health.DOWN, 0);
        pool.health(members.get(2), Health.UP, 0);
        Balancer balancer = Balance.LEAST_CONNECTIONS.balancer(0);
        int closed = 0;
        for (long second = 1; second <= 60; second++) {
            for (Relief relief : Rebalance.plan(pool.members(), 5, second * SECOND)) {
                for (int i = 0; i < relief.connections(); i++) {
                    relief.member().released();
                    closed++;
                }
                assertTrue(
                        relief.member().active() >= 100,
                        "below its share: " + relief.member().active());
                for (int i = 0; i < relief.connections(); i++) {
                    Member next = balancer.pick(pool.members(), new ExcludedMembers(), 0, second * SECOND);
                    assertNotNull(next);
                    next.acquired();
                }
            }
        }
        members.forEach(member -> assertEquals(100, member.active(), 21, "shares " + loads(pool)));
        assertTrue(closed <= 5 * 60, "too fast: " + closed);
        assertEquals(List.of(), Rebalance.plan(pool.members(), 5, 61 * SECOND), "it has an end: " + loads(pool));
    }

    private static String loads(Pool pool) {
        return pool.members().all().stream()
                .map(member -> String.valueOf(member.active()))
                .collect(Collectors.joining(" "));
    }

    private static String words(List<Relief> reliefs) {
        return reliefs.stream()
                .map(relief -> relief.member().name() + ":" + relief.connections())
                .collect(Collectors.joining(" "));
    }

    private static Pool pool(String loads) {
        return pool(loads, BalancerTest.WITHOUT_SLOW_START);
    }

    private static Pool pool(String loads, PoolSettings settings) {
        List<Member> members = new ArrayList<>();
        for (String load : loads.split(" ")) {
            Member member = new Member("p", "m" + members.size(), new InetSocketAddress("127.0.0.1", 1), 100);
            for (int i = Integer.parseInt(load); i > 0; i--) {
                member.acquired();
            }
            members.add(member);
        }
        Pool pool = new Pool("p", settings, members);
        members.forEach(member -> pool.health(member, Health.UP));
        return pool;
    }
}
