package io.hawser.lb.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Member.Health;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Consistent hashing: both nodes choose alike, and what moves is only what has to. */
class AffinityTest {
    private static final ExcludedMembers NOTHING = new ExcludedMembers();
    private static final int KEYS = 20_000;

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 10, 100})
    void twoNodesChooseAlikeFromConfigurationAlone(int count) {
        Pool one = pool(names(count));
        List<String> shuffled = names(count);
        Collections.shuffle(shuffled, new Random(count));
        Pool other = pool(shuffled);
        Balancer here = balancer(one, 0);
        Balancer there = balancer(other, 7);
        for (int i = 0; i < KEYS; i++) {
            assertEquals(
                    picked(here, one, key(i)).name(),
                    picked(there, other, key(i)).name(),
                    "key " + i);
        }
    }

    @Test
    void placesAreThoseOfEveryOtherReleaseToo() {
        // What a node of another release must choose too while one after the other is updated.
        Pool pool = pool(List.of("m1", "m2", "m3"));
        StringBuilder chosen = new StringBuilder();
        for (String name : List.of("a.example", "b.example", "c.example", "d.example", "e.example", "f.example")) {
            chosen.append(picked(balancer(pool, 0), pool, AffinityKey.ofName(name))
                            .name())
                    .append(' ');
        }
        assertEquals(CHOSEN, chosen.toString().trim());
    }

    private static final String CHOSEN = "m1 m1 m2 m3 m1 m2";

    @ParameterizedTest
    @ValueSource(ints = {3, 10, 50})
    void everyMemberHasAboutItsShare(int count) {
        Pool pool = pool(names(count));
        Map<String, Integer> shares = shares(pool);
        assertEquals(count, shares.size());
        shares.forEach(
                (name, share) -> assertEquals(1.0 / count, (double) share / KEYS, 0.3 / count, name + " has " + share));
    }

    @Test
    void weightsCount() {
        List<Member> members = new ArrayList<>();
        int[] weights = {200, 100, 100};
        for (int i = 0; i < weights.length; i++) {
            members.add(new Member("p", "m" + i, address(), weights[i]));
        }
        Pool pool = pool(members, PoolSettings.DEFAULTS.with(Distribution.DEFAULTS.with(Affinity.SNI)));
        assertEquals(0.5, shares(pool).get("m0") / (double) KEYS, 0.07);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 10, 100})
    void aMemberThatGoesDownMovesOnlyItsOwnKeysAndGetsThemBack(int count) {
        Pool pool = pool(names(count));
        Balancer balancer = balancer(pool, 0);
        Map<Integer, Member> before = choices(balancer, pool);
        Member gone = pool.members().all().get(1);

        pool.health(gone, Health.DOWN);
        Map<Integer, Member> without = choices(balancer, pool);
        pool.health(gone, Health.UP);

        int moved = 0;
        Map<String, Integer> heirs = new HashMap<>();
        for (int i = 0; i < KEYS; i++) {
            if (before.get(i) == gone) {
                moved++;
                assertNotEquals(gone, without.get(i));
                heirs.merge(without.get(i).name(), 1, Integer::sum);
            } else {
                assertEquals(before.get(i), without.get(i), "key " + i + " moved for nothing");
            }
        }
        assertTrue(moved <= 1.3 * KEYS / count, moved + " of " + KEYS + " moved with " + count + " members");
        assertTrue(heirs.size() >= Math.min(count - 1, 10), "all went to " + heirs);
        assertEquals(before, choices(balancer, pool), "it does not get back what it had");
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 10, 100})
    void aMemberThatIsAddedTakesOnlyItsShare(int count) {
        Pool small = pool(names(count));
        Pool large = pool(names(count + 1));
        int moved = 0;
        for (int i = 0; i < KEYS; i++) {
            String before = picked(balancer(small, 0), small, key(i)).name();
            String after = picked(balancer(large, 0), large, key(i)).name();
            if (!before.equals(after)) {
                moved++;
                assertEquals("m" + count, after, "key " + i + " moved between members that stayed");
            }
        }
        assertTrue(moved > 0 && moved <= 1.3 * KEYS / (count + 1), moved + " of " + KEYS + " moved");
    }

    @Test
    void aMemberAtANewAddressKeepsItsKeys() {
        Pool pool = pool(names(5));
        Map<Integer, String> before = nameChoices(pool);
        List<MemberPlan> plans = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            plans.add(new MemberPlan("m" + i, new InetSocketAddress("127.0.0.9", 100 + i), 100, false, 0));
        }
        pool.apply(pool.settings(), plans);
        pool.members().all().forEach(member -> pool.health(member, Health.UP));
        assertEquals(before, nameChoices(pool));
    }

    @Test
    void aWeightThatAnOperatorChangesMovesKeysOfThatMemberOnly() {
        Pool pool = pool(names(5));
        Map<Integer, String> before = nameChoices(pool);
        pool.weight(pool.members().all().getFirst(), 50);
        Map<Integer, String> halved = nameChoices(pool);
        pool.weight(pool.members().all().getFirst(), 200);
        Map<Integer, String> doubled = nameChoices(pool);
        for (int i = 0; i < KEYS; i++) {
            assertTrue(halved.get(i).equals(before.get(i)) || before.get(i).equals("m0"), "key " + i);
            assertTrue(doubled.get(i).equals(before.get(i)) || doubled.get(i).equals("m0"), "key " + i);
        }
    }

    @Test
    void aBusyKeyDoesNotOverloadItsMember() {
        Pool pool = pool(names(4));
        Balancer balancer = balancer(pool, 0);
        for (int i = 0; i < 1000; i++) {
            picked(balancer, pool, key(1)).acquired();
            int total = pool.members().all().stream().mapToInt(Member::active).sum();
            for (Member member : pool.members().all()) {
                int bound = Math.max(ConsistentHash.NEVER_TOO_MANY, (int) Math.ceil(1.25 * total / 4));
                assertTrue(member.active() <= bound, member.active() + " of " + total);
            }
        }
    }

    @Test
    void theFirstConnectionsOfOneClientStayTogether() {
        Pool pool = pool(names(3));
        Balancer balancer = balancer(pool, 0);
        Member member = picked(balancer, pool, key(1));
        for (int i = 0; i < ConsistentHash.NEVER_TOO_MANY; i++) {
            assertEquals(member, picked(balancer, pool, key(1)), "connection " + i);
            member.acquired();
        }
    }

    @Test
    void nodesWithEqualLoadsChooseAlikeBeyondTheBoundToo() {
        Pool one = pool(names(5));
        Pool other = pool(names(5));
        Balancer here = balancer(one, 0);
        Balancer there = balancer(other, 3);
        Random random = new Random(5);
        for (int i = 0; i < 3000; i++) {
            long key = key(random.nextInt(20));
            Member mine = picked(here, one, key);
            assertEquals(mine.name(), picked(there, other, key).name());
            mine.acquired();
            other.members().all().get(one.members().all().indexOf(mine)).acquired();
        }
    }

    /** After a failover the other node begins with no load at all: nearly all come to where they were. */
    @Test
    void affinitySurvivesAFailover() {
        Pool one = pool(names(3));
        Pool other = pool(names(3));
        Balancer here = balancer(one, 0);
        Balancer there = balancer(other, 1);
        int clients = 3000;
        List<Integer> order = new ArrayList<>();
        Map<Integer, String> before = new HashMap<>();
        for (int i = 0; i < clients; i++) {
            Member member = picked(here, one, key(i));
            member.acquired();
            before.put(i, member.name());
            order.add(i);
        }
        Collections.shuffle(order, new Random(1));
        int moved = 0;
        for (int client : order) {
            Member member = picked(there, other, key(client));
            member.acquired();
            moved += member.name().equals(before.get(client)) ? 0 : 1;
        }
        assertTrue(moved < clients / 50, moved + " of " + clients + " came to another member");
    }

    @Test
    void sourceHashRegardsNoLoad() {
        Pool pool = pool(
                members(names(4)),
                new PoolSettings(
                        Balance.SOURCE_HASH, PoolSettings.DEFAULTS.connectTimeout(), 3, PoolSettings.OnDown.CLOSE));
        Balancer balancer = pool.settings().balancer(0);
        Member chosen = picked(balancer, pool, key(1));
        for (int i = 0; i < 500; i++) {
            Member again = picked(balancer, pool, key(1));
            assertEquals(chosen, again);
            again.acquired();
        }
        assertEquals(Affinity.SOURCE_IP, pool.settings().keyedBy());
    }

    @Test
    void whoWasTriedOrIsFullIsStoodInForByTheNext() {
        Pool pool = pool(names(3));
        Balancer balancer = balancer(pool, 0);
        ExcludedMembers tried = new ExcludedMembers();
        List<Member> order = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Member member = balancer.pick(pool.members(), tried, key(1), 0);
            assertNotNull(member);
            order.add(member);
            tried.add(member);
        }
        assertEquals(3, order.stream().distinct().count());
        assertNull(balancer.pick(pool.members(), tried, key(1), 0));
    }

    @Test
    void aConnectionWithoutKeyGoesWhereTheBalanceSays() {
        Pool pool = pool(names(3));
        Balancer balancer = balancer(pool, 0);
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < 300; i++) {
            counts.merge(picked(balancer, pool, AffinityKey.NONE).name(), 1, Integer::sum);
        }
        assertEquals(Map.of("m0", 100, "m1", 100, "m2", 100), counts);
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void keysAreOfTheKindThatIsConfigured(Balance balance) {
        PoolSettings settings =
                new PoolSettings(balance, PoolSettings.DEFAULTS.connectTimeout(), 3, PoolSettings.OnDown.CLOSE);
        assertEquals(balance == Balance.SOURCE_HASH ? Affinity.SOURCE_IP : Affinity.NONE, settings.keyedBy());
        assertEquals(
                Affinity.SNI,
                settings.with(Distribution.DEFAULTS.with(Affinity.SNI)).keyedBy());
    }

    @Test
    void keysOfAddressesAndNames() throws Exception {
        byte[] ipv4 = InetAddress.getByName("192.0.2.7").getAddress();
        byte[] mapped = new byte[16];
        mapped[10] = -1;
        mapped[11] = -1;
        System.arraycopy(ipv4, 0, mapped, 12, 4);
        assertEquals(AffinityKey.ofAddress(ipv4, 0, 4), AffinityKey.ofAddress(mapped, 0, 16));
        byte[] ipv6 = InetAddress.getByName("2001:db8::7").getAddress();
        assertNotEquals(AffinityKey.ofAddress(ipv4, 0, 4), AffinityKey.ofAddress(ipv6, 0, 16));
        assertEquals(AffinityKey.ofName("API.Example"), AffinityKey.ofName("api.example"));
        assertNotEquals(AffinityKey.ofName("api.example"), AffinityKey.ofName("api.example."));
        assertEquals(AffinityKey.NONE, AffinityKey.ofName(""));
        assertEquals(AffinityKey.NONE, AffinityKey.ofBytes(new byte[0]));
        assertNotEquals(AffinityKey.NONE, AffinityKey.ofBytes(new byte[1]));
    }

    private static long key(int number) {
        return AffinityKey.ofName("client" + number);
    }

    private static List<String> names(int count) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add("m" + i);
        }
        return names;
    }

    private static InetSocketAddress address() {
        return new InetSocketAddress("127.0.0.1", 1);
    }

    private static List<Member> members(List<String> names) {
        return names.stream().map(name -> new Member("p", name, address(), 100)).toList();
    }

    private static Pool pool(List<String> names) {
        return pool(
                members(names),
                BalancerTest.WITHOUT_SLOW_START.with(
                        BalancerTest.WITHOUT_SLOW_START.distribution().with(Affinity.SNI)));
    }

    private static Pool pool(List<Member> members, PoolSettings settings) {
        Pool pool = new Pool("p", settings, members);
        members.forEach(member -> pool.health(member, Health.UP));
        return pool;
    }

    private static Balancer balancer(Pool pool, int seed) {
        return pool.settings().balancer(seed);
    }

    private static Member picked(Balancer balancer, Pool pool, long key) {
        @Nullable Member member = balancer.pick(pool.members(), NOTHING, key, 0);
        assertNotNull(member);
        return member;
    }

    private static Map<Integer, Member> choices(Balancer balancer, Pool pool) {
        Map<Integer, Member> choices = new HashMap<>();
        for (int i = 0; i < KEYS; i++) {
            choices.put(i, picked(balancer, pool, key(i)));
        }
        return choices;
    }

    private static Map<Integer, String> nameChoices(Pool pool) {
        Map<Integer, String> names = new HashMap<>();
        choices(balancer(pool, 0), pool).forEach((key, member) -> names.put(key, member.name()));
        return names;
    }

    private static Map<String, Integer> shares(Pool pool) {
        Map<String, Integer> shares = new HashMap<>();
        choices(balancer(pool, 0), pool).values().forEach(member -> shares.merge(member.name(), 1, Integer::sum));
        return shares;
    }
}
