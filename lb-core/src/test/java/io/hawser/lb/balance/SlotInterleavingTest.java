package io.hawser.lb.balance;

import static io.hawser.testkit.Interleavings.beside;
import static io.hawser.testkit.Interleavings.each;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Places at a member under every order that a model checker finds for two or three threads.
 */
@Tag("interleaving")
class SlotInterleavingTest {

    private static Member member(int most) {
        return new Member("masters", new MemberPlan("m1", new InetSocketAddress("127.0.0.1", 6443), 100, false, most));
    }

    /** Counts that it was granted, and gives the place back as a connection does that ends at once. */
    private static final class Passing extends Slot {
        private final Member member;
        private final AtomicInteger granted;

        Passing(Member member, AtomicInteger granted) {
            this.member = member;
            this.granted = granted;
        }

        @Override
        protected void granted() {
            granted.incrementAndGet();
            member.released();
        }
    }

    private static void assertNobodyIsLeft(Member member) {
        assertEquals(0, member.active(), "places still taken");
        assertEquals(0, member.queued(), "still counted as waiting");
        assertFalse(member.isFull());
    }

    @Test
    void aPlaceGivenBackWhileSomebodyBeginsToWaitIsNotLost() {
        each(() -> {
            Member member = member(1);
            AtomicInteger granted = new AtomicInteger();
            assertTrue(member.tryAcquire());
            beside(member::released, () -> assertTrue(member.enqueue(new Passing(member, granted), 1)));
            assertEquals(1, granted.get(), "waits beside a free place");
            assertNobodyIsLeft(member);
        });
    }

    @Test
    void twoThatWaitForOnePlaceBothGetItInTheEnd() {
        each(() -> {
            Member member = member(1);
            AtomicInteger granted = new AtomicInteger();
            assertTrue(member.tryAcquire());
            beside(
                    member::released,
                    () -> assertTrue(member.enqueue(new Passing(member, granted), 2)),
                    () -> assertTrue(member.enqueue(new Passing(member, granted), 2)));
            assertEquals(2, granted.get());
            assertNobodyIsLeft(member);
        });
    }

    @Test
    void whoGivesUpAsAPlaceComesHasItOrNotAndTheNextIsServed() {
        each(() -> {
            Member member = member(1);
            AtomicInteger granted = new AtomicInteger();
            AtomicInteger cancelled = new AtomicInteger();
            AtomicInteger next = new AtomicInteger();
            assertTrue(member.tryAcquire());
            Slot impatient = new Passing(member, granted);
            assertTrue(member.enqueue(impatient, 2));
            assertTrue(member.enqueue(new Passing(member, next), 2));
            beside(member::released, () -> {
                if (member.cancel(impatient)) {
                    cancelled.incrementAndGet();
                }
            });
            assertEquals(1, granted.get() + cancelled.get(), "granted or given up, never both, never neither");
            assertEquals(1, next.get(), "the one behind it");
            assertNobodyIsLeft(member);
        });
    }

    @Test
    void whoBeginsToWaitIsServedAlthoughThePlaceWasOfferedToSomebodyWhoGaveUp() {
        each(() -> {
            Member member = member(1);
            AtomicInteger granted = new AtomicInteger();
            AtomicInteger next = new AtomicInteger();
            assertTrue(member.tryAcquire());
            beside(member::released, () -> {
                Slot impatient = new Passing(member, granted);
                assertTrue(member.enqueue(impatient, 2));
                member.cancel(impatient);
                assertTrue(member.enqueue(new Passing(member, next), 2));
            });
            assertEquals(1, next.get(), "waits beside a free place");
            assertNobodyIsLeft(member);
        });
    }

    @Test
    void neverMoreAreInThanMayBe() {
        each(() -> {
            Member member = member(1);
            AtomicInteger inside = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            Runnable visit = () -> {
                if (member.tryAcquire()) {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    inside.decrementAndGet();
                    member.released();
                }
            };
            beside(visit, visit, visit);
            assertTrue(most.get() <= 1, () -> most + " at once");
            assertNobodyIsLeft(member);
        });
    }

    @Test
    void aHigherLimitServesWhoBeginsToWaitAtThatMoment() {
        each(() -> {
            Member member = member(1);
            AtomicInteger granted = new AtomicInteger();
            assertTrue(member.tryAcquire());
            beside(
                    () -> member.follow(new MemberPlan("m1", new InetSocketAddress("127.0.0.1", 6443), 100, false, 2)),
                    () -> assertTrue(member.enqueue(new Passing(member, granted), 1)));
            assertEquals(1, granted.get());
            member.released();
            assertNobodyIsLeft(member);
        });
    }
}
