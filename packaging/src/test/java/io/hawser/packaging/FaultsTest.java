package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.demo.Fault;
import io.hawser.lb.demo.FaultRun;
import io.hawser.lb.demo.HawserNode;
import io.hawser.lb.demo.Network;
import io.hawser.lb.demo.Observation;
import io.hawser.lb.demo.Report;
import io.hawser.lb.demo.TestBed;
import io.hawser.testkit.Await;
import io.hawser.testkit.Tries;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two nodes of the packaged hawser, from the first address to every fault and its bound, on one network that lives for all of them. */
@Tag("e2e")
@Tag("measured")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FaultsTest {
    private static final Duration LIMIT = Await.LIMIT;
    private static final int SPOILING_PART = 2;

    // Static: one of the instance would be emptied after the first test, under the running nodes and masters.
    @TempDir
    static @Nullable Path directory;

    private @Nullable TestBed rig;
    private @Nullable Control control;

    @BeforeEach
    void setUpOnceAndWaitUntilEverythingWorks() {
        Requirements.namespaces();
        if (rig == null) {
            Path files = directory;
            rig = TestBed.start(
                    "hawser-e2e" + ProcessHandle.current().pid(), files, new HawserNode(Requirements.launcher()));
            control = new Control(rig);
        }
        assertTrue(rig.awaitStart(), () -> "not steady: held by " + rig().holders() + ", " + lastSecond());
    }

    @AfterAll
    void removeTheNetwork() throws InterruptedException {
        if (control != null) {
            control.close();
        }
        if (rig != null) {
            rig.close();
        }
    }

    private TestBed rig() {
        if (rig == null) {
            throw new IllegalStateException("no rig");
        }
        return rig;
    }

    private Observation lastSecond() {
        long now = System.nanoTime();
        return rig().probe().observe(now - Duration.ofSeconds(1).toNanos(), now);
    }

    /** A member that was slow to answer once is avoided for a second, so it may take some until all are used alike. */
    @Test
    @Order(1)
    void oneNodeTakesTheAddressAndTrafficIsBalancedOverTheMasters() {
        assertEquals(1, rig().holders().size());
        Run.await("a second without a failure, and alike to all masters", LIMIT, () -> {
            Observation seen = lastSecond();
            return seen.failed() == 0
                    && seen.served() > 0
                    && Network.MASTERS.stream()
                            .mapToDouble(master -> (double) seen.shares().getOrDefault(master, 0) / seen.served())
                            .allMatch(share -> Math.abs(share - 1.0 / 3) <= 0.05);
        });
        assertEquals(1, rig().holders().size());
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    @Order(2)
    void keepsItsBoundsWhen(Fault fault) throws Exception {
        Tries.hold(fault.label(), () -> {
            assertTrue(rig().awaitStart(), () -> "not steady: held by " + rig().holders() + ", " + lastSecond());
            Moments moments = new Moments();
            FaultRun.Result result = FaultRun.run(rig(), fault, moments);
            System.out.println(Report.head() + "\n" + Report.row(result));
            List<String> during = excessesDuring(result, fault);
            List<String> back = excessesBack(result);
            // A phase in which nothing else was in the way excuses nothing; a restart of a node is in the way of all
            // others.
            List<String> spoilt = spoilt(during, moments.struckAt, moments.mendedAt, fault.outageBound());
            List<String> spoiltBack = spoilt(back, moments.mendedAt, System.nanoTime(), FaultRun.Result.NO_OUTAGE);
            boolean isExcused = (during.isEmpty() || !spoilt.isEmpty()) && (back.isEmpty() || !spoiltBack.isEmpty());
            return new Tries.Try(
                    Stream.concat(during.stream(), back.stream()).toList(),
                    isExcused
                            ? Stream.concat(spoilt.stream(), spoiltBack.stream())
                                    .toList()
                            : List.of());
        });
    }

    private List<String> spoilt(List<String> excesses, long fromAt, long toAt, Duration bound) {
        return excesses.isEmpty() ? List.of() : control.spoilt(fromAt, toAt, bound.dividedBy(SPOILING_PART));
    }

    /** When it was struck and mended. */
    private static final class Moments implements FaultRun.Listener {
        private long struckAt;
        private long mendedAt;

        @Override
        public void struck(Fault fault, String node) {
            struckAt = System.nanoTime();
        }

        @Override
        public void mended(Fault fault, String node, Observation during) {
            mendedAt = System.nanoTime();
        }
    }

    private static List<String> excessesDuring(FaultRun.Result result, Fault fault) {
        List<String> excesses = new ArrayList<>();
        if (!result.isServedAgain()) {
            excesses.add("not served again");
        }
        if (!result.isOutageWithin()) {
            excesses.add("outage " + result.during().outage() + ", at most " + fault.outageBound() + "; failed "
                    + result.during().failures() + ", late " + result.during().lateFailures());
        }
        if (!result.isTogetherWithin()) {
            excesses.add("two owners for " + result.together() + ", at most " + fault.togetherBound());
        }
        return excesses;
    }

    private static List<String> excessesBack(FaultRun.Result result) {
        List<String> excesses = new ArrayList<>();
        if (!result.isWholeAgain()) {
            excesses.add("not everything in service again");
        }
        if (!result.isBackWithin()) {
            excesses.add("restored, but outage " + result.back().outage() + ", failed "
                    + result.back().failures());
        }
        return excesses;
    }

    @Test
    @Order(3)
    void aNodeRestartedAfterACrashRemovesItsStaleAddressBeforeAnythingElse() {
        String node = rig().active();
        long killedAt = System.nanoTime();
        rig().signal(node, "KILL");
        rig().startNode(node);

        assertTrue(rig().awaitStart(), "steady again");
        assertEquals(1, rig().holders().size());
        Duration together = rig().together(killedAt, System.nanoTime());
        assertTrue(together.compareTo(Duration.ofMillis(2_500)) <= 0, () -> "two owners for " + together);
    }
}
