package io.hawser.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

class RealTimeTest {
    private static final List<String> IN_THE_WAY = List.of("a thread was late");

    /** What the control says of each try, in turn, and what the test does in it: true for a pass. */
    private static final List<List<String>> CONTROL = new ArrayList<>();

    private static final List<Boolean> PASSES = new ArrayList<>();
    private static final List<String> TOLD = new ArrayList<>();
    private static int tries;

    /** A test of real time, which is run by those below alone. */
    static class Sample {
        @RegisterExtension
        static final RealTimeExtension EXTENSION = new RealTimeExtension(_ -> CONTROL.get(tries - 1), TOLD::add);

        @Test
        void passesOrFails() {
            if (!PASSES.get(tries++)) {
                fail("in try " + tries);
            }
        }
    }

    @BeforeEach
    void nothingYet() {
        CONTROL.clear();
        PASSES.clear();
        TOLD.clear();
        tries = 0;
    }

    private static void aTry(boolean passes, List<String> inTheWay) {
        PASSES.add(passes);
        CONTROL.add(inTheWay);
    }

    /** What became of the sample. */
    private static String result() {
        LauncherConfig config = LauncherConfig.builder()
                .enableTestExecutionListenerAutoRegistration(false)
                .enableLauncherSessionListenerAutoRegistration(false)
                .build();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectClass(Sample.class))
                .build();
        List<String> results = new ArrayList<>();
        LauncherFactory.create(config).execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                    results.add(result.getStatus()
                            + result.getThrowable()
                                    .map(thrown -> " " + thrown.getMessage())
                                    .orElse(""));
                }
            }
        });
        return results.stream().collect(Collectors.joining());
    }

    @Test
    void whatPassesIsTriedOnce() {
        aTry(true, IN_THE_WAY);

        assertEquals("SUCCESSFUL", result());
        assertEquals(1, tries);
    }

    @Test
    void whatFailsOnAMachineThatWasInTimeFailsAtOnce() {
        aTry(false, List.of());
        aTry(true, List.of());

        assertEquals("FAILED in try 1", result());
        assertEquals(1, tries);
    }

    @Test
    void whatFailsWhileTheMachineWasInTheWayIsTriedAnew() {
        aTry(false, IN_THE_WAY);
        aTry(true, IN_THE_WAY);

        assertEquals("SUCCESSFUL", result());
        assertEquals(2, tries);
        assertEquals(List.of("discarded try of Sample.passesOrFails: [in try 1] while [a thread was late]"), TOLD);
    }

    @Test
    void theFirstTryThatWasNotSpoiltDecides() {
        aTry(false, IN_THE_WAY);
        aTry(false, List.of());
        aTry(true, List.of());

        assertEquals("FAILED in try 2", result());
        assertEquals(2, tries);
    }

    @Test
    void onAMachineThatIsInTheWayAllTheTimeItIsSkippedByName() {
        for (int i = 0; i < 10; i++) {
            aTry(false, IN_THE_WAY);
        }

        assertEquals(
                "ABORTED needs a quieter machine: 5 tries of Sample.passesOrFails were spoilt",
                result().replace("Assumption failed: ", ""));
        assertEquals(5, tries);
    }
}
