package io.hawser.lb.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.balance.Balance;
import io.hawser.lb.balance.ExcludedMembers;
import io.hawser.lb.balance.Member;
import io.hawser.lb.balance.PoolSettings;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a plan does about one thing that happens; what it never does, whatever happens, is in {@link ConnectPlanSimulationTest}. */
class ConnectPlanTest {
    private static final long MILLI = 1_000_000L;
    private static final PoolSettings SETTINGS = PoolSettings.DEFAULTS.hedgedAfter(Duration.ofMillis(100));

    private static final Member A = member("a", 1);
    private static final Member B = member("b", 2);
    private static final Member C = member("c", 3);

    private final List<Member> usable = new ArrayList<>(List.of(A, B, C));
    private final List<Member> full = new ArrayList<>();
    private final Outliers outliers = new Outliers();
    private final HedgeBudget budget = new HedgeBudget(0);
    private long now;

    /** Chooses the first that may be chosen. */
    private final ConnectPlan.MemberSelector selector = new ConnectPlan.MemberSelector() {
        @Override
        public @Nullable Member choose(ExcludedMembers tried) {
            return usable.stream()
                    .filter(each -> !tried.contains(each) && !full.contains(each))
                    .findFirst()
                    .orElse(null);
        }

        @Override
        public boolean isFull(ExcludedMembers tried) {
            return shortestQueue(tried) != null;
        }

        @Override
        public @Nullable Member shortestQueue(ExcludedMembers tried) {
            return full.stream()
                    .filter(each -> usable.contains(each) && !tried.contains(each))
                    .findFirst()
                    .orElse(null);
        }

        @Override
        public int usable() {
            return usable.size();
        }

        @Override
        public boolean isUsable(Member member) {
            return usable.contains(member);
        }
    };

    private static Member member(String name, int port) {
        return new Member("pool", name, new InetSocketAddress(port), 1);
    }

    private ConnectPlan plan(PoolSettings settings, boolean isHello) {
        return new ConnectPlan(selector, settings, budget, outliers, isHello, isHello, now);
    }

    private ConnectPlan begun(boolean isHello) {
        ConnectPlan plan = plan(SETTINGS, isHello);
        assertEquals(List.of(connect(A)), plan.on(new ConnectEvent.Began(), now));
        return plan;
    }

    private static ConnectAction connect(Member member) {
        return new ConnectAction.Connect(member, ConnectAction.Reason.NEXT);
    }

    private List<ConnectAction> after(long millis, ConnectPlan plan) {
        now += millis * MILLI;
        return plan.on(new ConnectEvent.Passed(), now);
    }

    private List<ConnectAction> fails(ConnectPlan plan, Member member, ConnectFailure why) {
        return plan.on(new ConnectEvent.Failed(member, why), now);
    }

    @Test
    void whoAcceptsHasAConnectionThatIsNoHello() {
        ConnectPlan plan = begun(false);

        assertEquals(List.of(new ConnectAction.Win(A)), plan.on(new ConnectEvent.Connected(A), now));
    }

    @Test
    void whoFailsIsFollowedAtOnce() {
        ConnectPlan plan = begun(false);

        assertEquals(
                List.of(new ConnectAction.Abandon(A), new ConnectAction.Count(A, ConnectFailure.REFUSED), connect(B)),
                fails(plan, A, ConnectFailure.REFUSED));
    }

    @Test
    void whoIsTakenAwayIsFollowedAtOnceAndHasNotFailed() {
        ConnectPlan plan = begun(false);
        usable.remove(A);

        assertEquals(List.of(new ConnectAction.Abandon(A), connect(B)), plan.on(new ConnectEvent.Left(A), now));
    }

    @Test
    void theRoundBeginsAgainAfterAPauseUntilTheRetriesAreUsedUp() {
        usable.remove(C);
        ConnectPlan plan = begun(false);
        fails(plan, A, ConnectFailure.REFUSED);

        assertEquals(
                List.of(new ConnectAction.Abandon(B), new ConnectAction.Count(B, ConnectFailure.REFUSED)),
                fails(plan, B, ConnectFailure.REFUSED));
        assertEquals(List.of(), after(99, plan));
        assertEquals(List.of(connect(A)), after(1, plan));
        fails(plan, A, ConnectFailure.REFUSED);

        assertEquals(
                List.of(
                        new ConnectAction.Abandon(B),
                        new ConnectAction.Count(B, ConnectFailure.REFUSED),
                        new ConnectAction.GiveUp(Outcome.CONNECT_FAILED)),
                fails(plan, B, ConnectFailure.REFUSED));
        assertEquals(List.of(), after(1_000, plan));
    }

    @Test
    void aPoolWithoutAMemberIsSaidAtOnce() {
        usable.clear();

        assertEquals(
                List.of(new ConnectAction.GiveUp(Outcome.NO_MEMBER)),
                plan(SETTINGS, false).on(new ConnectEvent.Began(), now));
    }

    @Test
    void whatThisHostLacksIsWaitedForAndHeldAgainstNobody() {
        ConnectPlan plan = begun(false);

        assertEquals(List.of(new ConnectAction.Abandon(A)), fails(plan, A, ConnectFailure.LOCAL));
        assertEquals(List.of(), after(99, plan));
        assertEquals(List.of(connect(A)), after(1, plan), "the same, which did not fail");

        now += 1_000 * MILLI;
        assertEquals(
                List.of(new ConnectAction.Abandon(A), new ConnectAction.GiveUp(Outcome.INTERNAL)),
                fails(plan, A, ConnectFailure.LOCAL));
    }

    @Test
    void whoTakesTooLongToConnectIsSuspectedAndFollowed() {
        ConnectPlan plan = plan(SETTINGS.hedgedAfter(Duration.ZERO), false);
        plan.on(new ConnectEvent.Began(), now);

        assertEquals(List.of(), after(999, plan));
        assertEquals(
                List.of(new ConnectAction.Abandon(A), new ConnectAction.Count(A, ConnectFailure.TIMEOUT), connect(B)),
                after(1, plan));
        assertFalse(outliers.isEmpty());
    }

    @Test
    void aHandshakeMayTakeFiveTimesAsLong() {
        ConnectPlan plan = plan(SETTINGS.hedgedAfter(Duration.ZERO), false);
        plan.on(new ConnectEvent.Began(), now);
        plan.on(new ConnectEvent.Securing(A), now);

        assertEquals(List.of(), after(4_999, plan));
        assertTrue(after(1, plan).contains(new ConnectAction.Count(A, ConnectFailure.TIMEOUT)));
    }

    @Test
    void aSlowConnectIsRacedAndTheFirstHasTheConnection() {
        ConnectPlan plan = begun(false);

        assertEquals(List.of(), after(99, plan));
        assertEquals(
                List.of(
                        new ConnectAction.Doubt(A, ConnectFailure.HUNG),
                        new ConnectAction.Connect(B, ConnectAction.Reason.HEDGE)),
                after(1, plan));
        assertEquals(
                List.of(
                        new ConnectAction.Abandon(A),
                        new ConnectAction.Doubt(A, ConnectFailure.OUTDONE),
                        new ConnectAction.Win(B)),
                plan.on(new ConnectEvent.Connected(B), now));
        assertFalse(outliers.isEmpty());

        ConnectPlan next = plan(SETTINGS, false);
        assertEquals(List.of(connect(B)), next.on(new ConnectEvent.Began(), now), "a suspect is left alone");
    }

    @Test
    void aSuspectThatHasTheConnectionAllTheSameIsNoneAnyMore() {
        outliers.add(A, now);
        usable.removeAll(List.of(B, C));
        ConnectPlan plan = begun(false);

        plan.on(new ConnectEvent.Connected(A), now);

        assertTrue(outliers.isEmpty());
    }

    @Test
    void aHelloIsSentToAnotherWhenOneIsSilentAndWhoAnswersHasTheConnection() {
        ConnectPlan plan = begun(true);

        assertEquals(List.of(new ConnectAction.Send(A)), plan.on(new ConnectEvent.Connected(A), now));
        assertEquals(
                List.of(
                        new ConnectAction.Doubt(A, ConnectFailure.SILENT),
                        new ConnectAction.Connect(B, ConnectAction.Reason.REPLAY)),
                after(100, plan));
        assertEquals(List.of(new ConnectAction.Send(B)), plan.on(new ConnectEvent.Connected(B), now));
        assertEquals(
                List.of(new ConnectAction.Abandon(B), new ConnectAction.Win(A)),
                plan.on(new ConnectEvent.Answered(A), now),
                "the later one had not had its time");
    }

    @Test
    void aSilentMemberHasTheConnectionWhenTheClientHasSaidAllOrNobodyAnswersForLong() {
        ConnectPlan plan = begun(true);
        plan.on(new ConnectEvent.Connected(A), now);
        assertEquals(List.of(new ConnectAction.Win(A)), plan.on(new ConnectEvent.ClientDone(), now));

        usable.removeAll(List.of(B, C));
        ConnectPlan other = begun(true);
        other.on(new ConnectEvent.Connected(A), now);
        assertEquals(List.of(new ConnectAction.Doubt(A, ConnectFailure.SILENT)), after(9_999, other));
        assertEquals(List.of(new ConnectAction.Win(A)), after(1, other));
    }

    @Test
    void withoutBudgetNobodyIsRacedWhichIsCountedOnce() {
        while (budget.isGranted(now)) {
            budget.spend();
        }
        ConnectPlan plan = begun(false);

        assertEquals(
                List.of(new ConnectAction.Doubt(A, ConnectFailure.HUNG), new ConnectAction.Deny()), after(100, plan));
        assertEquals(List.of(), after(20, plan));
    }

    @Test
    void whoFindsNoPlaceWaitsForOneAndGivesUpInTime() {
        full.addAll(usable);
        ConnectPlan plan = plan(SETTINGS, false);
        assertEquals(List.of(new ConnectAction.Enqueue(A)), plan.on(new ConnectEvent.Began(), now));
        assertEquals(List.of(), after(999, plan));
        assertEquals(List.of(new ConnectAction.Dequeue()), after(1, plan));
        assertEquals(
                List.of(new ConnectAction.GiveUp(Outcome.QUEUE_TIMEOUT)), plan.on(new ConnectEvent.Dequeued(), now));

        ConnectPlan other = plan(SETTINGS, false);
        other.on(new ConnectEvent.Began(), now);
        assertEquals(List.of(connect(A)), other.on(new ConnectEvent.Granted(A), now));
    }

    @Test
    void whoWaitsTakesAPlaceThatBecomesFreeElsewhere() {
        full.addAll(usable);
        ConnectPlan plan = plan(SETTINGS, false);
        plan.on(new ConnectEvent.Began(), now);
        full.remove(B);

        assertEquals(List.of(new ConnectAction.Dequeue()), after(20, plan));
        assertEquals(List.of(connect(B)), plan.on(new ConnectEvent.Dequeued(), now));
    }

    @Test
    void aPlaceThatIsGrantedWhileAnotherWasFoundIsTheOneThatCounts() {
        full.addAll(usable);
        ConnectPlan plan = plan(SETTINGS, false);
        plan.on(new ConnectEvent.Began(), now);
        full.remove(B);
        assertEquals(List.of(new ConnectAction.Dequeue()), after(20, plan));

        assertEquals(List.of(new ConnectAction.Release(B), connect(A)), plan.on(new ConnectEvent.Granted(A), now));
    }

    @Test
    void aQueueThatHasBecomeFullMeanwhileIsFollowedByAnother() {
        full.addAll(usable);
        ConnectPlan plan = plan(SETTINGS, false);
        plan.on(new ConnectEvent.Began(), now);
        full.remove(A);
        usable.remove(A);

        assertEquals(List.of(new ConnectAction.Enqueue(B)), plan.on(new ConnectEvent.QueueRefused(A), now));
    }

    @Test
    void whoEndsTheConnectionBeforeAnybodySpokeIsReplaced() {
        ConnectPlan plan = begun(false);
        plan.on(new ConnectEvent.Connected(A), now);

        assertTrue(plan.replaces(A, now));
        assertEquals(List.of(connect(B)), plan.on(new ConnectEvent.Began(), now));
    }

    @Test
    void withoutRetriesNobodyIsReplaced() {
        ConnectPlan plan =
                plan(new PoolSettings(Balance.ROUND_ROBIN, Duration.ofSeconds(1), 0, PoolSettings.OnDown.CLOSE), false);
        plan.on(new ConnectEvent.Began(), now);
        plan.on(new ConnectEvent.Connected(A), now);

        assertFalse(plan.replaces(A, now));
    }

    @Test
    void theEndLetsGoOfEverything() {
        ConnectPlan plan = begun(false);
        after(100, plan);

        assertEquals(
                List.of(new ConnectAction.Abandon(A), new ConnectAction.Abandon(B)),
                plan.on(new ConnectEvent.Ended(), now));
        assertEquals(List.of(), plan.on(new ConnectEvent.Connected(A), now));
    }
}
