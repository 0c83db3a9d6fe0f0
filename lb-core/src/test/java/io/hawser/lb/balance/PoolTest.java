package io.hawser.lb.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
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

    @ParameterizedTest
    @CsvSource({
        "UP UP UP UP, m0 m1",
        "UP DOWN UP UP, m0",
        "DOWN DOWN UP UP, b0 b1",
        "DOWN DRAINING DOWN UP, b1",
        "UNKNOWN UNKNOWN UP DOWN, b0",
        "UNKNOWN UNKNOWN UNKNOWN UNKNOWN, m0 m1",
        "DOWN DOWN UNKNOWN UNKNOWN, b0 b1",
        "DOWN DOWN DOWN DOWN, ''",
    })
    void backupsAreUsedOnlyWhileNoOtherMemberIs(String healths, String candidates) {
        assertEquals(candidates, names(withBackups(healths)));
    }

    @Test
    void aBackupTakesAConnectionThatAllOthersFailed() {
        Pool pool = withBackups("UP UP UP UP");
        List<Member> members = pool.members().all();
        ExcludedMembers tried = new ExcludedMembers();
        tried.add(members.get(0));
        assertNull(pool.members().reserve(tried, 0), "one is untried");
        tried.add(members.get(1));
        members.get(2).acquired();
        assertEquals(members.get(3), pool.members().reserve(tried, 0));
        tried.add(members.get(3));
        assertEquals(members.get(2), pool.members().reserve(tried, 0));
        tried.add(members.get(2));
        assertNull(pool.members().reserve(tried, 0));
    }

    private static Pool withBackups(String healths) {
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", 1);
        Pool pool = Pool.of(
                "p",
                PoolSettings.DEFAULTS,
                List.of(
                        new MemberPlan("m0", address, 1, false, 0),
                        new MemberPlan("m1", address, 1, false, 0),
                        new MemberPlan("b0", address, 1, true, 0),
                        new MemberPlan("b1", address, 1, true, 0)));
        String[] each = healths.split(" ");
        for (int i = 0; i < each.length; i++) {
            pool.health(pool.members().all().get(i), Health.valueOf(each[i]));
        }
        return pool;
    }

    @Test
    void aDrainedMemberGetsNothingWhateverItsHealth() {
        Pool pool = BalancerTest.pool(1, 1);
        Member member = pool.members().all().get(0);
        pool.drain(member, true);
        assertEquals("m1", names(pool));
        pool.health(member, Health.DOWN);
        pool.health(member, Health.UP);
        assertEquals("m1", names(pool), "recovery does not undo what an operator said");
        assertTrue(member.isDrained());

        pool.drain(member, false);

        assertEquals("m0 m1", names(pool));
    }

    @Test
    void aNewListKeepsWhatStaysByNameAndAddressAndWhatAnOperatorSaidByName() {
        Pool pool =
                Pool.of("p", PoolSettings.DEFAULTS, List.of(plan("a", 1, 100), plan("b", 2, 100), plan("c", 3, 100)));
        Member a = required(pool, "a");
        Member b = required(pool, "b");
        pool.health(a, Health.UP);
        pool.health(b, Health.UP);
        a.acquired();
        pool.drain(a, true);
        pool.drain(b, true);
        pool.weight(b, 7);

        Pool.Difference difference =
                pool.apply(PoolSettings.DEFAULTS, List.of(plan("b", 22, 100), plan("a", 1, 50), plan("d", 4, 100)));

        assertSame(a, pool.member("a"));
        assertEquals(1, a.active());
        assertEquals(Health.UP, a.health());
        assertTrue(a.isDrained());
        assertEquals(50, a.weight(), "the configured weight has changed");
        Member moved = required(pool, "b");
        assertNotSame(b, moved);
        assertEquals(Health.UNKNOWN, moved.health());
        assertTrue(moved.isDrained());
        assertEquals(7, moved.weight(), "an operator's weight");
        assertEquals(
                List.of("b", "d"), difference.added().stream().map(Member::name).toList());
        assertEquals(
                List.of("b", "c"),
                difference.removed().stream().map(Member::name).sorted().toList());
        assertNull(pool.member("c"));
    }

    private static final long TRUST = Pool.FIRST_CHECKS.toNanos();

    @Test
    void membersThatReplaceAPoolThatServedCountAsServingUntilTheyAreChecked() {
        Pool pool = Pool.of("p", PoolSettings.DEFAULTS, List.of(plan("a", 1, 100)));
        pool.apply(PoolSettings.DEFAULTS, List.of(plan("b", 2, 100)), 0);
        assertFalse(pool.members().isTrusted(0), "nothing was known of a");
        pool.health(required(pool, "b"), Health.UP);

        long hours = 10_000_000_000_000L;
        for (int i = 3; i < 6; i++) {
            long now = i * hours;
            pool.apply(PoolSettings.DEFAULTS, List.of(plan("c" + i, i, 100), plan("d" + i, i + 10, 100)), now);
            assertTrue(pool.members().isTrusted(now), "replaced for the " + (i - 2) + ". time");
            pool.weight(required(pool, "c" + i), 7);
            assertTrue(pool.members().isTrusted(now + TRUST - 1));
            assertFalse(pool.members().isTrusted(now + TRUST));
            pool.health(required(pool, "d" + i), Health.DOWN);
            assertTrue(pool.members().isTrusted(now + 1), "c is not known yet");
            pool.health(required(pool, "c" + i), Health.UP);
            assertFalse(pool.members().isTrusted(now + 1), "all have been checked");
        }
    }

    @Test
    void trustIsNotRenewedByAnotherListBeforeAnyCheckHasAnswered() {
        Pool pool = Pool.trusted("p", PoolSettings.DEFAULTS, List.of(plan("a", 1, 100)), 0);
        assertTrue(pool.members().isTrusted(0));

        pool.apply(PoolSettings.DEFAULTS, List.of(plan("b", 2, 100)), TRUST - 1);
        assertTrue(pool.members().isTrusted(TRUST - 1));
        assertFalse(pool.members().isTrusted(TRUST));

        pool.apply(PoolSettings.DEFAULTS, List.of(plan("c", 3, 100)), TRUST);
        assertFalse(pool.members().isTrusted(TRUST), "b never served");
    }

    @Test
    void aPoolThatKeepsAMemberThatIsUpOrHasNoneIsNotTrusted() {
        Pool pool = Pool.of("p", PoolSettings.DEFAULTS, List.of(plan("a", 1, 100), plan("b", 2, 100)));
        pool.health(required(pool, "a"), Health.UP);

        pool.apply(PoolSettings.DEFAULTS, List.of(plan("a", 1, 100), plan("c", 3, 100)), 0);
        assertFalse(pool.members().isTrusted(0));

        pool.apply(PoolSettings.DEFAULTS, List.of(), 0);
        assertFalse(pool.members().isTrusted(0));
        assertFalse(pool.isUsable());
    }

    @Test
    void anOperatorsWeightStaysUntilTheConfiguredOneChanges() {
        Pool pool = Pool.of("p", PoolSettings.DEFAULTS, List.of(plan("a", 1, 100)));
        pool.weight(required(pool, "a"), 7);
        pool.apply(PoolSettings.DEFAULTS, List.of(plan("a", 1, 100)));
        assertEquals(7, required(pool, "a").weight());
        pool.apply(PoolSettings.DEFAULTS, List.of(plan("a", 1, 80)));
        assertEquals(80, required(pool, "a").weight());
    }

    private static MemberPlan plan(String name, int port, int weight) {
        return new MemberPlan(name, new InetSocketAddress("127.0.0.1", port), weight, false, 0);
    }

    private static Member required(Pool pool, String name) {
        Member member = pool.member(name);
        assertNotNull(member);
        return member;
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
    void absurdWeightsAreRefused() {
        InetSocketAddress resolved = new InetSocketAddress("127.0.0.1", 1);

        assertThrows(IllegalArgumentException.class, () -> new Member("p", "m", resolved, -1));
        assertThrows(IllegalArgumentException.class, () -> new Member("p", "m", resolved, Member.MAX_WEIGHT + 1));
    }

    @Test
    void aMemberWithoutAnAddressIsDownAndNeverChosen() {
        Member nowhere = new Member("p", "m", InetSocketAddress.createUnresolved("nowhere", 1), 1);
        Pool pool = new Pool("p", PoolSettings.DEFAULTS, List.of(nowhere));

        assertEquals(Member.Health.DOWN, nowhere.health());
        assertEquals("", names(pool));
        assertEquals("p/m (nowhere:1)", nowhere.toString());
    }

    private static String names(Pool pool) {
        return Arrays.stream(pool.members().candidates()).map(Member::name).collect(Collectors.joining(" "));
    }
}
