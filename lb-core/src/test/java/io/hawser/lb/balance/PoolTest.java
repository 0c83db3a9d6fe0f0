package io.hawser.lb.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Member.Health;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolTest {

    @ParameterizedTest
    @CsvSource({
        "UNKNOWN UNKNOWN, m0 m1",
        "UP UNKNOWN, m0",
        "UP UP, m0 m1",
        "UP DOWN, m0",
        "UP DRAINING, m0",
        "DOWN UNKNOWN, m1",
        "DRAINING UNKNOWN, m1",
        "DOWN DOWN, ''",
        "DRAINING DRAINING, ''",
        "DRAINING DOWN, ''",
    })
    void candidatesAreThoseKnownGoodOrElseThoseUnknown(String healths, String candidates) {
        Pool pool = BalancerTest.pool(1, 1);
        String[] each = healths.split(" ");
        for (int i = 0; i < each.length; i++) {
            pool.health(pool.members().all().get(i), Health.valueOf(each[i]));
        }

        assertEquals(candidates, names(pool));
        assertEquals(!candidates.isEmpty(), pool.isUsable());
    }

    @Test
    void aMemberOfWeightZeroGetsNothingEvenWhenItIsTheOnlyOneUp() {
        Pool pool = BalancerTest.pool(1, 1);
        List<Member> members = pool.members().all();
        pool.health(members.get(1), Health.UNKNOWN);

        pool.weight(members.get(0), 0);

        assertFalse(pool.isUsable(), "the unknown one is for when none is known good");
    }

    @Test
    void watchersSeeTheNewSnapshotAndOnlyRealChanges() {
        Pool pool = BalancerTest.pool(1);
        Member member = pool.members().all().get(0);
        List<String> seen = new ArrayList<>();
        Pool.Watcher watcher = new Pool.Watcher() {
            @Override
            public void healthChanged(Pool of, Member changed, Health from, Health to) {
                seen.add(changed.name() + " " + from + " " + to + " " + of.isUsable());
            }
        };
        pool.watch(watcher);
        pool.watch(watcher);

        pool.health(member, Health.UP);
        pool.health(member, Health.DOWN);
        pool.unwatch(watcher);
        pool.health(member, Health.UP);

        assertEquals(List.of("m0 UP DOWN false"), seen);
    }

    @Test
    void replacedMembersKeepTheirState() {
        Pool pool = BalancerTest.pool(1, 1);
        Member kept = pool.members().all().get(1);
        kept.acquired();
        Member added = new Member("p", "m9", new InetSocketAddress("127.0.0.1", 9), 1);

        pool.members(List.of(kept, added));

        assertEquals("m1", names(pool), "the new one is unknown");
        assertEquals(1, pool.members().all().get(0).active());
        assertTrue(pool.isUsable());
    }

    @Test
    void absurdWeightsAndUnresolvedAddressesAreRefused() {
        InetSocketAddress resolved = new InetSocketAddress("127.0.0.1", 1);

        assertThrows(IllegalArgumentException.class, () -> new Member("p", "m", resolved, -1));
        assertThrows(IllegalArgumentException.class, () -> new Member("p", "m", resolved, Member.MAX_WEIGHT + 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Member("p", "m", InetSocketAddress.createUnresolved("nowhere", 1), 1));
    }

    private static String names(Pool pool) {
        return Arrays.stream(pool.members().candidates()).map(Member::name).collect(Collectors.joining(" "));
    }
}
