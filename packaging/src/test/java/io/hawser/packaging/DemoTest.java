package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.demo.Fault;
import io.hawser.lb.demo.Network;
import io.hawser.sysctl.linux.NetworkNamespace;
import io.hawser.testkit.Await;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The demo as people start it, and what is left when it is killed. */
@Tag("e2e")
class DemoTest {
    private static final Duration START = Await.LIMIT;

    @BeforeEach
    void requireNamespaces() {
        Requirements.namespaces();
        Requirements.tools("setpriv");
    }

    @Test
    void oneRoundReportsEveryFault() {
        try (Run run = Run.hawser("demo", "--once")) {
            assertEquals(0, run.exit(Duration.ofSeconds(300)), run::output);
            for (Fault fault : Fault.values()) {
                assertTrue(run.output().contains(fault.label()), () -> fault + " is missing in\n" + run.output());
            }
            assertEquals(List.of(), ownNamespaces(run));
        }
    }

    @Test
    void leavesNothingWhenItIsKilledAndRefusesASecondWhileItRuns() {
        try (Run run = Run.hawser("demo", "--once")) {
            Run.await("the namespaces are made", START, () -> ownNamespaces(run).size() == 7);
            try (Run second = Run.hawser("demo", "--once")) {
                assertEquals(1, second.exit(START), second::output);
                assertTrue(second.output().contains("another demo is running"), second::output);
                assertTrue(second.output().contains(Long.toString(run.pid())), second::output);
            }
            assertTrue(run.isAlive());
            run.signal("KILL");

            Run.await(
                    "the namespaces are gone",
                    Duration.ofSeconds(10),
                    () -> ownNamespaces(run).isEmpty());
        }
    }

    @Test
    void endsCleanlyOnCtrlC() {
        // What a shell starts in the background may be deaf to INT, and what that starts too.
        try (Run run =
                Run.start("env", "--default-signal=INT", Requirements.launcher().toString(), "demo")) {
            Run.await("a fault has been reported", START, () -> run.output().contains("dashboard of the active node"));
            run.signal("INT");

            run.exit(Duration.ofSeconds(15));
            assertEquals(List.of(), ownNamespaces(run));
            assertFalse(run.output().contains("Exception"), run::output);
        }
    }

    @Test
    void removesWhatAnEarlierRunLeft() {
        try (Network _ = Network.create("hawser-demo-0")) {
            Run sleeper = Run.start("ip", "netns", "exec", "hawser-demo-0-lb1", "sleep", "600");

            assertEquals(7, Network.removeAll("hawser-demo-0"));

            Run.await("the process in it is gone", Duration.ofSeconds(5), () -> !sleeper.isAlive());
            assertEquals(List.of(), NetworkNamespace.list("hawser-demo-0"));
        }
    }

    @Test
    void withoutRightsItNamesWhatIsMissingAndOffersTheSingleDemo() {
        try (Run run = Run.powerless("demo", "--once")) {
            assertEquals(4, run.exit(START), run::output);
            assertTrue(run.output().contains("CAP_SYS_ADMIN"), run::output);
            assertTrue(run.output().contains("--single"), run::output);
        }
    }

    private static List<String> ownNamespaces(Run run) {
        return NetworkNamespace.list("hawser-demo-" + run.pid());
    }
}
