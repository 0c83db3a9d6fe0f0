package io.hawser.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.demo.Fault;
import io.hawser.lb.demo.FaultRun;
import io.hawser.lb.demo.TestBed;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The instruments, held against a stack whose behaviour is known: with HAProxy and Keepalived a killed node keeps the address for ever, and a node
 * without masters never gives it up. Instruments that miss this would also miss it in hawser.
 */
@Tag("e2e")
@Tag("measured")
class ReferenceStackTest {
    @TempDir
    Path directory;

    @BeforeEach
    void requireTools() {
        Requirements.namespaces();
        Requirements.tools("haproxy", "keepalived");
    }

    @Test
    void seesThatAKilledKeepalivedLeavesTwoOwners() {
        try (TestBed rig =
                TestBed.start("hawser-ref" + ProcessHandle.current().pid(), directory, new ReferenceNode())) {
            assertTrue(rig.awaitStart(), "haproxy and keepalived never served");
            FaultRun.Result result = FaultRun.run(rig, Fault.KILL, FaultRun.Listener.none());

            assertTrue(result.isServedAgain());
            Duration outage = result.during().outage();
            assertTrue(
                    outage.compareTo(Duration.ofMillis(200)) > 0, "three adverts of 100 ms pass first, not " + outage);
            assertTrue(outage.compareTo(Duration.ofSeconds(1)) < 0, "outage " + outage);
            assertTrue(
                    result.during().failed() > 10, "failed " + result.during().failures());
            assertFalse(result.isTogetherWithin(), "two owners for " + result.together());
        }
    }

    @Test
    void seesThatANodeWithoutMastersIsOutForEver() {
        try (TestBed rig =
                TestBed.start("hawser-ref" + ProcessHandle.current().pid(), directory, new ReferenceNode())) {
            assertTrue(rig.awaitStart(), "haproxy and keepalived never served");
            FaultRun.Result result = FaultRun.run(rig, Fault.NO_MASTERS, FaultRun.Listener.none());

            assertFalse(result.isOutageWithin(), "outage " + result.during().outage());
            assertEquals(
                    0,
                    result.during().served() / 50,
                    "served " + result.during().served());
        }
    }
}
