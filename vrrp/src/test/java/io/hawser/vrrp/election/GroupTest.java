package io.hawser.vrrp.election;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Two routers of one group on one node, driven by hand; times in milliseconds, interval 100 ms, own priority 200. */
class GroupTest {
    private static final long MS = 1_000_000L;
    private static final InetAddress SELF = Simulation.host(11);
    private static final InetAddress BETTER = Simulation.host(10);
    private static final InetAddress WORSE = Simulation.host(12);

    private final List<String> told = new ArrayList<>();
    private final Router four = new Router("v4");
    private final Router six = new Router("v6");
    private final Group group = new Group(List.of(four, six));

    GroupTest() {
        four.group = group;
        six.group = group;
    }

    private final class Router implements Group.Member {
        private final String name;
        private final Election election = new Election(
                3,
                200,
                new Election.Intervals(100 * MS, 1000 * MS),
                new Election.Takeover(false, 0, 0),
                List.of(),
                Map.of());
        private State state = VrrpEngine.initial(Fitness.FIT, "because");
        private Fitness verdict = Fitness.FIT;
        private @Nullable Group group;

        Router(String name) {
            this.name = name;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Election election() {
            return election;
        }

        @Override
        public State state() {
            return state;
        }

        @Override
        public Fitness verdict() {
            return verdict;
        }

        @Override
        public String reason() {
            return "because";
        }

        @Override
        public void on(Event event, long now) {
            State before = state;
            Step step = VrrpEngine.on(election, before, event, now);
            state = step.state();
            for (Action action : step.actions()) {
                switch (action) {
                    case Action.SendAdvert(int priority) -> told.add(name + " sends " + priority);
                    case Action.Moved(RouterState _, RouterState to, Cause cause, String _) ->
                        told.add(name + " " + to.label() + " " + cause.label());
                    case Action.Alarm(AlarmKind kind, String _) -> told.add(name + " alarm " + kind.label());
                    case Action.PutAddresses() -> {}
                    case Action.RemoveAddresses() -> {}
                    case Action.Announce() -> {}
                    case Action.Ask() -> told.add(name + " asks");
                }
            }
            if (group != null) {
                group.stepped(this, before, now);
            }
        }

        void at(long ms, Event event) {
            on(event, ms * MS);
        }

        void tick(long ms) {
            on(group == null ? new Event.Tick() : group.due(this, ms * MS), ms * MS);
        }

        void hears(long ms, InetAddress source, int priority) {
            at(ms, new Event.AdvertReceived(source, priority, 100 * MS));
        }

        void judged(long ms, Fitness fitness) {
            verdict = fitness;
            group.stepped(this, state, ms * MS);
        }

        RouterState is() {
            return state.name();
        }
    }

    private void up() {
        four.at(0, new Event.Link(true, SELF));
        six.at(0, new Event.Link(true, SELF));
        told.clear();
    }

    private void active() {
        up();
        four.tick(322);
        told.clear();
    }

    private void assertTold(String... expected) {
        assertEquals(List.of(expected), told);
        told.clear();
    }

    @Test
    void followsAtOnceWhenOneBecomesActive() {
        up();
        six.hears(10, BETTER, 210);
        four.tick(322);
        assertTold("v4 sends 200", "v4 active no-advert-heard", "v6 sends 200", "v6 active group-active");
    }

    @Test
    void stepsDownTogetherForABetterNode() {
        active();
        six.hears(400, BETTER, 210);
        assertTold("v6 backup higher-priority", "v4 backup group-left");
    }

    @Test
    void stepsDownTogetherAfterAStall() {
        active();
        four.tick(322 + 401);
        assertTold("v4 backup stalled", "v6 backup stalled");
    }

    @Test
    void resignsTogetherWhenOneIsUnfitAndReturnsTogetherWhenNobodyTakesOver() {
        active();
        four.judged(400, Fitness.UNFIT);
        assertTold("v4 sends 0", "v4 backup unfit", "v6 sends 0", "v6 backup unfit");
        six.tick(600);
        assertTold("v6 sends 1", "v6 active nobody-took-over", "v4 sends 1", "v4 active group-active");
    }

    @Test
    void theRestIsUnfitWhileOneInterfaceIsDown() {
        active();
        four.at(400, new Event.Link(false, null));
        assertTold("v4 initialize interface-down", "v6 sends 0", "v6 backup unfit");
        six.tick(600);
        assertTold("v6 sends 1", "v6 active nobody-took-over");
        four.at(700, new Event.Link(true, SELF));
        assertTold("v4 backup interface-up", "v6 sends 200", "v4 sends 200", "v4 active group-active");
    }

    @Test
    void isIsolatedTogether() {
        active();
        six.judged(400, Fitness.ISOLATED);
        assertTold("v4 sends 0", "v4 backup isolated", "v6 sends 0", "v6 backup isolated");
    }

    @Test
    void isHeldByARouterThatStillHearsTheActiveNode() {
        up();
        four.hears(100, BETTER, 210);
        for (int ms = 100; ms < 1000; ms += 100) {
            six.hears(ms, BETTER, 210);
        }
        assertInstanceOf(Event.GroupHold.class, group.due(four, 422 * MS));
        four.tick(422);
        assertTold();
        assertEquals(RouterState.BACKUP, four.is());
        // The active node's advertisements pass again: nothing happened.
        four.hears(500, BETTER, 210);
        four.tick(744);
        assertTold();
    }

    @Test
    void takesOneRouterAloneWithAnAlarmWhenNobodyServesIt() {
        up();
        four.hears(100, BETTER, 210);
        six.hears(400, BETTER, 210);
        four.tick(422);
        six.hears(700, BETTER, 210);
        four.tick(744);
        assertTold("v4 sends 200", "v4 active adverts-stopped", "v4 alarm group-split");
        six.hears(800, BETTER, 210);
        assertTold();
        // The better node is gone: the rest follows at its own time, and then it is one group again.
        four.tick(860);
        six.tick(1122);
        assertTold("v4 sends 200", "v6 sends 200", "v6 active adverts-stopped");
    }

    @Test
    void takesTheWholeGroupFromAWorseNodeThatServesOnlyAPart() {
        up();
        four.hears(100, WORSE, 190);
        six.hears(400, WORSE, 190);
        four.tick(422);
        six.hears(700, WORSE, 190);
        four.tick(744);
        assertTold("v4 sends 200", "v4 active adverts-stopped", "v6 sends 200", "v6 active group-active");
    }

    @Test
    void givesUpForABetterNodeThatAnotherRouterFollows() {
        up();
        four.hears(100, BETTER, 0);
        six.hears(110, BETTER, 210);
        four.at(130, new Event.GroupActive("another", 100 * MS));
        assertTold("v4 sends 200", "v4 active group-active", "v4 backup group-left");
    }

    @Test
    void isNotHeldByWhatWasHeardBeforeTheResignation() {
        up();
        four.hears(100, BETTER, 210);
        six.hears(105, BETTER, 210);
        // Priority 0 for one router arrives, and for the other it is lost.
        four.hears(110, BETTER, 0);
        four.tick(132);
        assertTold("v4 sends 200", "v4 active peer-resigned", "v6 sends 200", "v6 active group-active");
    }

    @Test
    void isNotHeldUpByAPeerThatLies() {
        up();
        four.hears(100, BETTER, 210);
        six.hears(101, BETTER, 210);
        // Nobody advertises any more, and the peer says that it is active for ever.
        for (long ms = 110; ms <= 900; ms += 10) {
            four.at(ms, new Event.PeerEvidence(new Evidence.Alive(BETTER, true, true, 210, ms * MS)));
            six.at(ms, new Event.PeerEvidence(new Evidence.Alive(BETTER, true, true, 210, ms * MS)));
            four.tick(ms);
            six.tick(ms);
        }
        assertEquals(RouterState.ACTIVE, four.is());
        assertEquals(RouterState.ACTIVE, six.is());
        assertEquals(
                1, told.stream().filter("v4 active adverts-stopped"::equals).count(), told::toString);
        assertEquals(1, told.stream().filter("v6 active group-active"::equals).count(), told::toString);
        assertTrue(told.stream().noneMatch(line -> line.contains("backup")), told::toString);
    }

    @Test
    void staysAwayTogetherWhileSomebodyAnswersForTheAddresses() {
        up();
        four.hears(100, BETTER, 210);
        six.hears(101, BETTER, 210);
        for (long ms = 110; ms <= 3000; ms += 10) {
            for (Router router : List.of(four, six)) {
                router.at(ms, new Event.PeerEvidence(new Evidence.Alive(BETTER, true, true, 210, ms * MS)));
                router.tick(ms);
                if (told.remove(router.name() + " asks")) {
                    router.at(ms + 1, new Event.Answered("02:00:00:00:00:10", BETTER));
                }
            }
        }
        assertTold("v4 alarm vrrp-filtered", "v6 alarm vrrp-filtered");
    }

    @Test
    void takesOverTogetherWhenTheProcessIsGone() {
        up();
        four.hears(100, BETTER, 210);
        six.hears(100, BETTER, 210);
        four.at(120, new Event.PeerEvidence(new Evidence.Gone(BETTER, "connection refused", true, 119 * MS)));
        assertTrue(told.contains("v6 active group-active") || told.isEmpty(), told::toString);
        four.tick(142);
        assertEquals(RouterState.ACTIVE, four.is());
        assertEquals(RouterState.ACTIVE, six.is());
    }
}
