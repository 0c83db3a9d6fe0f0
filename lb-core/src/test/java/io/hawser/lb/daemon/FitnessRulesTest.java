package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.lb.daemon.FitnessRules.Facts;
import io.hawser.lb.daemon.FitnessRules.ListenerFact;
import io.hawser.lb.daemon.FitnessRules.LoopFact;
import io.hawser.lb.daemon.FitnessRules.PoolFact;
import io.hawser.lb.daemon.FitnessRules.Tracked;
import io.hawser.lb.daemon.FitnessRules.Verdict;
import io.hawser.lb.proxy.NotAccepting;
import io.hawser.lb.proxy.Shortage;
import io.hawser.vrrp.election.Fitness;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FitnessRulesTest {
    private static final Tracker ETH1 = new InterfaceTracker("eth1");
    private static final Tracked API = new Tracked(Set.of("api"), Set.of());
    private static final LoopFact RUNNING = new LoopFact("io", Duration.ofMillis(100), FitnessRules.IO_STALL);

    @Test
    void aBoundListenerWithAMemberUpIsFit() {
        check(Fitness.FIT, "can serve", facts(true, pool(true, true), 1, 1), API);
    }

    @Test
    void anUnboundListenerIsUnfit() {
        check(Fitness.UNFIT, "listener api is not bound", facts(false, pool(true, true), 1, 1), API);
    }

    @Test
    void refusingMembersLeaveTheNodeUnfitAndNotIsolated() {
        check(Fitness.UNFIT, "pool masters has no member up", facts(true, pool(false, true), 1, 0), API);
    }

    @Test
    void silentMembersAndAnAnsweringNodeLeaveItUnfit() {
        check(Fitness.UNFIT, "pool masters has no member up", facts(true, pool(false, false), 1, 1), API);
    }

    @Test
    void silenceOfEverybodyIsIsolation() {
        check(
                Fitness.ISOLATED,
                "pool masters has no member up; no member and no other node answers at all",
                facts(true, pool(false, false), 1, 0),
                API);
    }

    @Test
    void anOnlyNodeIsNeverIsolated() {
        check(Fitness.UNFIT, "pool masters has no member up", facts(true, pool(false, false), 0, 0), API);
    }

    @Test
    void aServedPoolSpeaksAgainstIsolationWhateverElseIsWrong() {
        check(Fitness.UNFIT, "listener api is not bound", facts(false, pool(true, true), 1, 0), API);
    }

    @Test
    void onlyTrackedListenersCount() {
        check(Fitness.FIT, "can serve", facts(false, pool(false, false), 1, 0), new Tracked(Set.of(), Set.of()));
    }

    @Test
    void everyPoolThatAListenerRoutesToMustHaveAMember() {
        check(Fitness.FIT, "can serve", routed(true, true), API);
        check(Fitness.UNFIT, "pool front has no member up", routed(false, true), API);
        check(Fitness.UNFIT, "pool rest has no member up", routed(true, false), API);
        check(Fitness.FIT, "can serve", routed(false, true), new Tracked(Set.of("plain"), Set.of()));
    }

    @Test
    void anAnswerFromAnyPoolOfAListenerSpeaksAgainstIsolation() {
        Facts facts = new Facts(
                false,
                List.of(new ListenerFact("api", true, List.of("front", "rest"))),
                List.of(new PoolFact("front", false, true), new PoolFact("rest", false, false)),
                List.of(RUNNING),
                Map.of(),
                1,
                0);
        check(Fitness.UNFIT, "pool front has no member up; pool rest has no member up", facts, API);
    }

    private static Facts routed(boolean frontServed, boolean restServed) {
        return new Facts(
                false,
                List.of(
                        new ListenerFact("api", true, List.of("front", "rest")),
                        new ListenerFact("plain", true, List.of("rest"))),
                List.of(new PoolFact("front", frontServed, true), new PoolFact("rest", restServed, true)),
                List.of(RUNNING),
                Map.of(),
                1,
                1);
    }

    @Test
    void aTrackedInterfaceThatIsDownIsUnfit() {
        Facts facts = new Facts(
                false,
                List.of(new ListenerFact("api", true, List.of("masters"))),
                List.of(pool(true, true)),
                List.of(RUNNING),
                Map.of(ETH1, "interface eth1 is not up", new InterfaceTracker("eth2"), "interface eth2 is not up"),
                1,
                1);
        check(
                Fitness.UNFIT,
                "interface eth1 is not up",
                facts,
                new Tracked(Set.of("api"), Set.of(new InterfaceTracker("eth0"), ETH1)));
    }

    @Test
    void aThreadThatDoesNotRunIsUnfitFromItsLimitOn() {
        check(Fitness.FIT, "can serve", stalled(FitnessRules.IO_STALL.minusNanos(1)), API);
        check(Fitness.UNFIT, "thread io does not run", stalled(FitnessRules.IO_STALL), API);
    }

    private static Facts stalled(Duration stalled) {
        return new Facts(
                false,
                List.of(new ListenerFact("api", true, List.of("masters"))),
                List.of(pool(true, true)),
                List.of(new LoopFact("io", stalled, FitnessRules.IO_STALL)),
                Map.of(),
                1,
                1);
    }

    @Test
    void aNodeThatAcceptsNobodyForTwoSecondsIsUnfitForWhatHasListeners() {
        check(Fitness.FIT, "can serve", refusing(FitnessRules.NOT_ACCEPTING.minusNanos(1)), API);
        Facts facts = refusing(FitnessRules.NOT_ACCEPTING);
        check(Fitness.UNFIT, "no connections are accepted: native memory is running out", facts, API);
        check(Fitness.FIT, "can serve", facts, new Tracked(Set.of(), Set.of()));
    }

    private static Facts refusing(Duration lasting) {
        return new Facts(
                false,
                List.of(new ListenerFact("api", true, List.of("masters"))),
                List.of(pool(true, true)),
                List.of(RUNNING),
                Map.of(),
                1,
                1,
                new NotAccepting(Shortage.NATIVE_MEMORY, lasting));
    }

    private static PoolFact pool(boolean served, boolean answered) {
        return new PoolFact("masters", served, answered);
    }

    private static Facts facts(boolean bound, PoolFact pool, int peers, int answering) {
        return new Facts(
                false,
                List.of(new ListenerFact("api", bound, List.of("masters"))),
                List.of(pool),
                List.of(RUNNING),
                Map.of(),
                peers,
                answering);
    }

    private static void check(Fitness fitness, String text, Facts facts, Tracked tracked) {
        Verdict verdict = FitnessRules.judge(facts, tracked);
        assertEquals(fitness, verdict.fitness());
        assertEquals(text, verdict.text());
    }
}
