package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hawser.lb.config.Config;
import io.hawser.lb.config.ConfigLoader;
import io.hawser.lb.config.Environment;
import io.hawser.lb.config.Loaded;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The order in which components are told of things, and that one which fails keeps none of the others from theirs. */
class ComponentsTest {
    private static final RuntimeException DEFECT = new IllegalStateException("defect");

    private final List<String> told = new ArrayList<>();
    private final ActiveConfiguration running = ActiveConfiguration.first(config(), List.of(), MemberSources.FILE);

    private static Config config() {
        String text = """
                nodes: [{name: one, address: 127.0.0.1}]
                pools: [{name: p, members: ["127.0.0.1:1"]}]
                listeners: [{name: l, bind: "127.0.0.1:2", pool: p}]
                """;
        Environment host = new Environment("one", null, "one", List.of(), _ -> List.of());
        return switch (ConfigLoader.parse(Path.of("test.yaml"), text, host)) {
            case Loaded.Invalid(var problems) -> throw new AssertionError(problems.toString());
            case Loaded.Ok(Config config, var _, var _) -> config;
        };
    }

    /** Writes down what it is told, and throws where it says so. */
    private final class Written implements Component {
        private final String name;
        private final String failsAt;

        Written(String name, String failsAt) {
            this.name = name;
            this.failsAt = failsAt;
        }

        private void write(String what) {
            told.add(what + " " + name);
            if (what.equals(failsAt)) {
                throw DEFECT;
            }
        }

        @Override
        public void requireStartable(Config config) {
            write("require");
        }

        @Override
        public RunningComponent start(ActiveConfiguration with) {
            write("start");
            return new Running();
        }

        private final class Running implements RunningComponent {
            @Override
            public List<String> whyUnchangeable(Config before, Config next) {
                return List.of("not " + name);
            }

            @Override
            public Runnable prepare(ActiveConfiguration before, ActiveConfiguration after) {
                write("prepare");
                return () -> write("back");
            }

            @Override
            public void commit(ActiveConfiguration before, ActiveConfiguration after) {
                write("commit");
            }

            @Override
            public void membersChanged() {
                write("members");
            }

            @Override
            public void drain(Config config) {
                write("drain");
            }

            @Override
            public void stop() {
                write("stop");
            }
        }
    }

    private Components threeOfWhich(String one, String failsAt) {
        return new Components(List.of("a", "b", "c").stream()
                .<Component>map(name -> new Written(name, name.equals(one) ? failsAt : "never"))
                .toList());
    }

    private Components started(Components all) {
        all.start(running);
        told.clear();
        return all;
    }

    private void assertTold(String... expected) {
        assertEquals(List.of(expected), told);
        told.clear();
    }

    @Test
    void theyStartInOrderAndStopInReverseWhenAllHaveLetGo() {
        Components all = threeOfWhich("none", "");

        all.start(running);
        assertTold(
                "require a",
                "require b",
                "require c",
                "start a",
                "members a",
                "start b",
                "members b",
                "start c",
                "members c");

        all.stop(running.config());
        assertTold("drain c", "drain b", "drain a", "stop c", "stop b", "stop a");

        all.stop(running.config());
        assertTold();
    }

    @Test
    void noneStartsWhenOneSaysThatItCannot() {
        Components all = threeOfWhich("c", "require");

        assertSame(DEFECT, assertThrows(RuntimeException.class, () -> all.start(running)));
        assertTold("require a", "require b", "require c");

        all.stop(running.config());
        assertTold();
    }

    @Test
    void whenOneFailsToStartThoseBeforeItAreStopped() {
        Components all = threeOfWhich("b", "start");

        assertThrows(RuntimeException.class, () -> all.start(running));
        told.clear();
        all.stop(running.config());

        assertTold("drain a", "stop a");
    }

    @Test
    void aChangeIsPreparedByAllBeforeAnyCommits() {
        Components all = started(threeOfWhich("none", ""));

        all.prepare(running, running);
        all.commit(running, running);

        assertTold("prepare a", "prepare b", "prepare c", "commit a", "commit b", "commit c");
    }

    @Test
    void whoHasNotStartedIsToldOfNoMembersThatHaveChanged() {
        threeOfWhich("none", "").membersChanged();

        assertTold();
    }

    @Test
    void allAreToldOfMembersThatHaveChanged() {
        started(threeOfWhich("none", "")).membersChanged();

        assertTold("members a", "members b", "members c");
    }

    @Test
    void aChangeThatOneCannotMakeIsTakenBackInReverse() {
        Components all = started(threeOfWhich("c", "prepare"));

        assertSame(DEFECT, assertThrows(RuntimeException.class, () -> all.prepare(running, running)));

        assertTold("prepare a", "prepare b", "prepare c", "back b", "back a");
    }

    @Test
    void whoFailsToGoBackKeepsNobodyElseFromIt() {
        Components all = started(new Components(
                List.of(new Written("a", "never"), new Written("b", "back"), new Written("c", "prepare"))));

        assertThrows(RuntimeException.class, () -> all.prepare(running, running));

        assertTold("prepare a", "prepare b", "prepare c", "back b", "back a");
    }

    @Test
    void whoFailsToStopKeepsNobodyElseFromIt() {
        for (String failsAt : List.of("drain", "stop")) {
            Components all = threeOfWhich("c", failsAt);
            all.start(running);
            told.clear();

            all.stop(running.config());

            assertTold("drain c", "drain b", "drain a", "stop c", "stop b", "stop a");
        }
    }

    @Test
    void allReasonsAreGathered() {
        assertEquals(
                List.of("not a", "not b", "not c"),
                started(threeOfWhich("none", "")).whyUnchangeable(running.config(), running.config()));
    }
}
