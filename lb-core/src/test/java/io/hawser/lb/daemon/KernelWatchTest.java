package io.hawser.lb.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hawser.lb.admin.EventLog;
import io.hawser.sysctl.Change;
import io.hawser.sysctl.KernelSettings;
import io.hawser.sysctl.Outcome;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelWatchTest {
    private static final KernelSettings WISHES = new KernelSettings(true, false, KernelSettings.Ipvs.OFF);
    private static final Change OFF = new Change("net.ipv4.ip_forward", "0", "0", "set it", Outcome.REFUSED);
    private static final long SECOND = 1_000_000_000L;

    private final List<Change> unmet = new ArrayList<>();
    private final EventLog events = new EventLog(10, InstantSource.system());
    private final KernelWatch watch = new KernelWatch(
            wishes -> {
                assertEquals(WISHES, wishes);
                return List.copyOf(unmet);
            },
            events);

    private List<String> told() {
        return events.after(0, 10).stream()
                .map(event -> event.severity() + " " + event.subject() + " " + event.text())
                .toList();
    }

    @Test
    void whatWasSwitchedOffIsSaidOnceAndUntilItIsSetAgain() {
        String off = "was switched off: it is 0, and set it";
        watch.look(WISHES, -SECOND);
        assertEquals(List.of(), watch.warnings());
        unmet.add(OFF);
        watch.look(WISHES, 28 * SECOND);
        assertEquals(List.of(), told(), "not more than twice a minute");
        watch.look(WISHES, 29 * SECOND);
        watch.look(WISHES, 59 * SECOND);
        assertEquals(List.of("WARNING net.ipv4.ip_forward " + off), told());
        assertEquals(List.of("kernel setting net.ipv4.ip_forward " + off), watch.warnings());
        unmet.clear();
        watch.look(WISHES, 89 * SECOND);
        assertEquals(List.of(), watch.warnings());
        assertEquals("INFO net.ipv4.ip_forward has the required value again", told().getLast());
    }
}
