package io.hawser.healthcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class CheckPlanTest {
    private static final Duration MS = Duration.ofMillis(1);

    @Test
    void hasTheDefaultsOfTheConfiguration() {
        var plan = CheckPlan.of(CheckPlan.Type.HTTPS);
        assertEquals(
                new CheckPlan.Timing(
                        Duration.ofSeconds(1),
                        Duration.ofMillis(250),
                        Duration.ofMillis(300),
                        Duration.ofSeconds(1),
                        2,
                        2),
                plan.timing());
        assertEquals(Set.of(200), plan.request().expect());
    }

    @Test
    void refusesWhatCannotBeMeant() {
        var plan = CheckPlan.of(CheckPlan.Type.TCP);
        assertRefused("port 65536", () -> plan.withPort(65536));
        assertRefused("port -1", () -> plan.withPort(-1));
        assertRefused("interval PT0S", () -> new CheckPlan.Timing(Duration.ZERO, MS, MS, MS, 1, 1));
        assertRefused("timeout PT2H", () -> new CheckPlan.Timing(MS, MS, MS, Duration.ofHours(2), 1, 1));
        assertRefused("rise 0", () -> new CheckPlan.Timing(MS, MS, MS, MS, 0, 1));
        assertRefused("fall 1001", () -> new CheckPlan.Timing(MS, MS, MS, MS, 1, 1001));
        assertRefused("path \"readyz\"", () -> CheckPlan.Request.path("readyz"));
        assertRefused("path", () -> CheckPlan.Request.path("/a\r\nX-Evil: 1"));
        assertRefused("path", () -> CheckPlan.Request.path("/a b"));
        assertRefused("host", () -> new CheckPlan.Request("/", "a\nb", Set.of(200), null));
        assertRefused("expect is empty", () -> new CheckPlan.Request("/", null, Set.of(), null));
        assertRefused("expect 100", () -> new CheckPlan.Request("/", null, Set.of(100), null));
        assertRefused("together", () -> new CheckPlan.Tls(null, null, Path.of("c"), null));
        assertRefused("server name", () -> new CheckPlan.Tls(null, " ", null, null));
    }

    private static void assertRefused(String words, Executable making) {
        var message = assertThrows(IllegalArgumentException.class, making).getMessage();
        assertTrue(message.contains(words), message);
    }
}
