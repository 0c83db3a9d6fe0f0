package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.hawser.testkit.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SupervisorTest {
    @Test
    void theWatchdogsIntervalIsInMicroseconds() {
        assertEquals(Duration.ofSeconds(3), Supervisor.watchdog(Map.of("WATCHDOG_USEC", "3000000"), 17));
        assertEquals(
                Duration.ofSeconds(3),
                Supervisor.watchdog(Map.of("WATCHDOG_USEC", "3000000", "WATCHDOG_PID", "17"), 17));
    }

    @Test
    void aWatchdogOfAnotherProcessIsNotOurs() {
        assertNull(Supervisor.watchdog(Map.of("WATCHDOG_USEC", "3000000", "WATCHDOG_PID", "18"), 17));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "3s", "99999999999999999999"})
    void anIntervalThatIsNoneIsNoWatchdog(String micros) {
        assertNull(Supervisor.watchdog(Map.of("WATCHDOG_USEC", micros), 17));
    }

    @Test
    void aSupervisorThatIsNotThereStopsNothing(@TempDir Path directory) {
        String gone = directory.resolve("gone").toString();
        for (Map<String, String> environment : java.util.List.of(
                Map.<String, String>of(), Map.of("NOTIFY_SOCKET", gone), Map.of("NOTIFY_SOCKET", "?"))) {
            assertDoesNotThrow(() -> {
                try (Supervisor supervisor = Supervisor.of(environment)) {
                    supervisor.ready(() -> true, () -> "can serve");
                    supervisor.reloading();
                    supervisor.reloaded();
                    supervisor.stopping(Duration.ofSeconds(30));
                }
            });
        }
    }

    @Test
    void givesASignOfLifeAsLongAsTheProcessWorksAndNotLonger() throws Exception {
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        AtomicBoolean isLive = new AtomicBoolean(true);
        AtomicInteger looks = new AtomicInteger();
        try (Supervisor supervisor = new Supervisor(told::add, Duration.ofMillis(30))) {
            supervisor.ready(
                    () -> {
                        looks.incrementAndGet();
                        return isLive.get();
                    },
                    () -> "can serve");

            assertEquals("READY=1\nSTATUS=can serve", told.poll(10, TimeUnit.SECONDS));
            assertEquals("WATCHDOG=1\nSTATUS=can serve", told.poll(10, TimeUnit.SECONDS));
            assertEquals("WATCHDOG=1", told.poll(10, TimeUnit.SECONDS));

            isLive.set(false);
            awaitLooks(looks, 2); // the one that was under way, and one that knows
            told.clear();
            awaitLooks(looks, 3);
            assertEquals(0, told.size(), told::toString);

            isLive.set(true);
            assertEquals("WATCHDOG=1", told.poll(10, TimeUnit.SECONDS));
        }
    }

    private static void awaitLooks(AtomicInteger looks, int more) {
        int enough = looks.get() + more;
        Await.until(more + " looks more", () -> looks.get() >= enough);
    }

    @Test
    void theScriptThatTheKernelPutsFirstIsNoArgument() {
        String[] status = {"status", "--json"};
        assertArrayEquals(
                status, Main.commandLine(new String[] {"/usr/bin/hawser", "status", "--json"}, "/usr/bin/hawser"));
        assertArrayEquals(status, Main.commandLine(status, "/usr/bin/hawser"));
        assertArrayEquals(status, Main.commandLine(status, ""));
        assertArrayEquals(new String[0], Main.commandLine(new String[] {"/usr/bin/hawser"}, "/usr/bin/hawser"));
    }
}
