package io.hawser.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class WorkTest {
    /** The time of a processor that it is charged is at least about what it says, whatever the machine does; more where it is slowed. */
    @Test
    void isAnAmountAndNoTime() {
        var threads = ManagementFactory.getThreadMXBean();
        Work.doOnce();

        long before = threads.getCurrentThreadCpuTime();
        for (int i = 0; i < 10; i++) {
            Work.doOnce();
        }
        long charged = threads.getCurrentThreadCpuTime() - before;

        assertTrue(charged > 10 * Work.NANOS / 2, () -> charged + " ns of a processor for ten");
    }
}
