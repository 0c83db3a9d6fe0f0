package io.hawser.vrrp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.linux.BootClock;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Two clocks that are handed in, as a test cannot suspend its machine. */
class SleepWatchTest {
    private static final long MS = 1_000_000L;

    private long awake = 5_000 * MS;
    private long asleep = 77_000 * MS;
    /** How long the thread is kept waiting before each reading. */
    private long delay;

    private long awake() {
        awake += delay;
        return awake;
    }

    private long boot() {
        awake += delay;
        return awake + asleep;
    }

    @Test
    void whatWasSleptIsSaidOnce() {
        SleepWatch watch = new SleepWatch(this::awake, this::boot);
        assertEquals(0, watch.slept());
        awake += 10_000 * MS;
        assertEquals(0, watch.slept(), "time that passes is no sleep");
        asleep += 250 * MS;
        assertEquals(250 * MS, watch.slept());
        assertEquals(0, watch.slept());
        asleep += 3_600_000 * MS;
        assertEquals(3_600_000 * MS, watch.slept());
        assertEquals(0, watch.slept());
    }

    @Test
    void aThreadThatIsKeptWaitingDidNotSleep() {
        Random random = new Random(1);
        delay = 500 * MS;
        SleepWatch watch = new SleepWatch(this::awake, this::boot);
        for (int i = 0; i < 1000; i++) {
            delay = random.nextLong(500 * MS);
            assertEquals(0, watch.slept());
        }
    }

    /** The kernel's clocks agree while the machine is awake. */
    @Test
    void thisMachineIsAwake() {
        BootClock clock = new BootClock();
        SleepWatch watch = new SleepWatch(System::nanoTime, clock::nanos);
        long start = clock.nanos();
        for (int i = 0; i < 1000; i++) {
            assertEquals(0, watch.slept());
        }
        assertTrue(clock.nanos() > start);
    }
}
