package io.hawser.lb.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Member.Health;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A member's places for connections, and who waits for them. */
@Timeout(300)
class PlacesTest {
    private final List<Integer> granted = new ArrayList<>();

    @Test
    void thereAreAsManyPlacesAsTheLimitSays() {
        Member member = member(2);
        assertTrue(member.tryAcquire());
        assertTrue(member.tryAcquire());
        assertTrue(member.isFull());
        assertFalse(member.tryAcquire());
        member.released();
        assertFalse(member.isFull());
        assertTrue(member.tryAcquire());
        assertEquals(2, member.active());
    }

    @Test
    void withoutALimitThereIsAlwaysRoom() {
        Member member = member(Member.UNLIMITED);
        for (int i = 0; i < 10_000; i++) {
            assertTrue(member.tryAcquire());
        }
        assertFalse(member.isFull());
    }

    @Test
    void aPlaceIsHandedToTheOneThatWaitsLongest() {
        Member member = member(1);
        assertTrue(member.tryAcquire());
        for (int i = 0; i < 3; i++) {
            assertTrue(member.enqueue(place(i), 3));
        }
        assertEquals(3, member.queued());
        assertEquals(List.of(), granted);
        for (int i = 0; i < 3; i++) {
            member.released();
            assertEquals(i, granted.getLast());
            assertEquals(1, member.active(), "handed over, not given back");
        }
        member.released();
        assertEquals(0, member.active());
        assertEquals(0, member.queued());
        assertEquals(List.of(0, 1, 2), granted);
    }

    @Test
    void aQueueThatIsFullTakesNobody() {
        Member member = member(1);
        assertTrue(member.tryAcquire());
        assertTrue(member.enqueue(place(0), 1));
        assertFalse(member.enqueue(place(1), 1));
        assertFalse(member.enqueue(place(1), 0));
    }

    @Test
    void aPlaceThatIsFreeByNowIsGrantedAtOnce() {
        Member member = member(1);
        assertTrue(member.enqueue(place(0), 1));
        assertEquals(List.of(0), granted);
        assertEquals(1, member.active());
    }

    @Test
    void nobodyOvertakesThoseWhoWait() {
        Pool pool = Pool.of("p", PoolSettings.DEFAULTS, List.of(plan(1)));
        Member member = pool.members().all().getFirst();
        assertTrue(member.tryAcquire());
        List<Boolean> overtaken = new ArrayList<>();
        assertTrue(member.enqueue(
                new Slot() {
                    @Override
                    protected void granted() {
                        // One place more is free now, and the next one waits for it.
                        overtaken.add(member.tryAcquire());
                    }
                },
                2));
        assertTrue(member.enqueue(place(1), 2));
        pool.apply(pool.settings(), List.of(plan(3)));
        assertEquals(List.of(false), overtaken);
        assertEquals(List.of(1), granted);
    }

    @Test
    void whoGaveUpIsPassedOver() {
        Member member = member(1);
        assertTrue(member.tryAcquire());
        Slot first = place(0);
        assertTrue(member.enqueue(first, 2));
        assertTrue(member.enqueue(place(1), 2));
        assertTrue(member.cancel(first));
        assertFalse(member.cancel(first), "only once");
        assertEquals(1, member.queued());
        member.released();
        assertEquals(List.of(1), granted);
    }

    @Test
    void whatWasGrantedCannotBeCancelled() {
        Member member = member(1);
        Slot place = place(0);
        assertTrue(member.enqueue(place, 1));
        assertFalse(member.cancel(place));
        assertEquals(1, member.active());
    }

    @Test
    void aHigherLimitLetsThoseWhoWaitIn() {
        Pool pool = Pool.of("p", PoolSettings.DEFAULTS, List.of(plan(1)));
        Member member = pool.members().all().getFirst();
        assertTrue(member.tryAcquire());
        for (int i = 0; i < 3; i++) {
            assertTrue(member.enqueue(place(i), 3));
        }
        pool.apply(pool.settings(), List.of(plan(3)));
        assertEquals(List.of(0, 1), granted);
        assertEquals(3, member.active());
        pool.apply(pool.settings(), List.of(plan(Member.UNLIMITED)));
        assertEquals(List.of(0, 1, 2), granted);
    }

    @Test
    void aLowerLimitTakesPlacesAwayAsTheyAreGivenBack() {
        Pool pool = Pool.of("p", PoolSettings.DEFAULTS, List.of(plan(3)));
        Member member = pool.members().all().getFirst();
        for (int i = 0; i < 3; i++) {
            assertTrue(member.tryAcquire());
        }
        assertTrue(member.enqueue(place(0), 1));
        pool.apply(pool.settings(), List.of(plan(2)));
        member.released();
        assertEquals(2, member.active());
        assertEquals(List.of(), granted);
        member.released();
        assertEquals(List.of(0), granted);
        assertEquals(2, member.active());
    }

    /** Threads take, wait, give up and give back as they like: no place is lost, none is there twice. */
    @Test
    void placesAreNeitherLostNorDoubledByThreadsThatRace() throws Exception {
        int limit = 3;
        Member member = member(limit);
        AtomicInteger held = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger served = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(4);
        for (int t = 0; t < 4; t++) {
            int seed = t;
            Thread.ofPlatform().start(() -> {
                Random random = new Random(seed);
                for (int i = 0; i < 20_000; i++) {
                    if (member.tryAcquire()) {
                        use(member, held, most, served);
                        continue;
                    }
                    Slot place = new Slot() {
                        @Override
                        protected void granted() {
                            use(member, held, most, served);
                        }
                    };
                    if (member.enqueue(place, 8) && random.nextInt(3) == 0) {
                        member.cancel(place);
                    }
                }
                done.countDown();
            });
        }
        done.await();
        // Nobody holds a place any more, so nobody may wait.
        assertEquals(0, member.active());
        assertEquals(0, member.queued());
        assertTrue(most.get() <= limit, most + " at once");
        assertTrue(served.get() > 10_000, "hardly anything happened: " + served);
    }

    private static void use(Member member, AtomicInteger held, AtomicInteger most, AtomicInteger served) {
        int now = held.incrementAndGet();
        most.accumulateAndGet(now, Math::max);
        served.incrementAndGet();
        held.decrementAndGet();
        member.released();
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void aFullMemberIsNotChosen(Balance balance) {
        Pool pool = limited(1, 1, 1);
        Balancer balancer = balance.balancer(0);
        for (int i = 0; i < 3; i++) {
            Member member = balancer.pick(pool.members(), new ExcludedMembers(), 5, 0);
            assertNotNull(member);
            assertTrue(member.tryAcquire());
        }
        assertNull(balancer.pick(pool.members(), new ExcludedMembers(), 5, 0));
        assertTrue(pool.members().isFull(new ExcludedMembers()));
    }

    @Test
    void firstFillsOneMemberAfterTheOther() {
        Pool pool = limited(2, 2, 2);
        Balancer balancer = Balance.FIRST.balancer(3);
        StringBuilder order = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            Member member = balancer.pick(pool.members(), new ExcludedMembers(), 0, 0);
            assertNotNull(member);
            assertTrue(member.tryAcquire());
            order.append(member.name());
        }
        assertEquals("m0m0m1m1m2m2", order.toString());
        pool.members().all().getFirst().released();
        Member next = balancer.pick(pool.members(), new ExcludedMembers(), 0, 0);
        assertNotNull(next);
        assertEquals("m0", next.name());
    }

    @Test
    void theShortestQueueForItsLimitIsJoined() {
        Pool pool = limited(1, 2);
        List<Member> members = pool.members().all();
        ExcludedMembers nothing = new ExcludedMembers();
        assertNull(pool.members().shortestQueue(nothing, 2), "nobody is full");
        assertTrue(members.get(0).tryAcquire());
        assertTrue(members.get(1).tryAcquire());
        assertTrue(members.get(1).tryAcquire());
        assertEquals(members.get(0), pool.members().shortestQueue(nothing, 2));
        assertTrue(members.get(0).enqueue(place(0), 2));
        assertEquals(members.get(1), pool.members().shortestQueue(nothing, 2));
        assertTrue(members.get(1).enqueue(place(1), 2));
        assertEquals(members.get(1), pool.members().shortestQueue(nothing, 2), "half as long for its limit");
        assertTrue(members.get(1).enqueue(place(2), 2));
        assertEquals(members.get(0), pool.members().shortestQueue(nothing, 2));
        assertTrue(members.get(0).enqueue(place(3), 2));
        assertNull(pool.members().shortestQueue(nothing, 2), "all queues are full");
        ExcludedMembers tried = new ExcludedMembers();
        tried.add(members.get(0));
        assertEquals(members.get(1), pool.members().shortestQueue(tried, 9));
    }

    private Slot place(int number) {
        return new Slot() {
            @Override
            protected void granted() {
                granted.add(number);
            }
        };
    }

    private static Member member(int limit) {
        return new Member("p", plan(limit));
    }

    private static MemberPlan plan(int limit) {
        return new MemberPlan("m", new InetSocketAddress("127.0.0.1", 1), 100, false, limit);
    }

    private static Pool limited(int... limits) {
        List<MemberPlan> plans = new ArrayList<>();
        for (int limit : limits) {
            plans.add(new MemberPlan("m" + plans.size(), new InetSocketAddress("127.0.0.1", 1), 100, false, limit));
        }
        Pool pool = Pool.of("p", PoolSettings.DEFAULTS.with(Distribution.DEFAULTS.with(Affinity.SNI)), plans);
        pool.members().all().forEach(member -> pool.health(member, Health.UP));
        return pool;
    }
}
