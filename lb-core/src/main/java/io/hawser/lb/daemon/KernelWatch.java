package io.hawser.lb.daemon;

import io.hawser.lb.admin.EventLog;
import io.hawser.lb.admin.Severity;
import io.hawser.sysctl.Change;
import io.hawser.sysctl.KernelSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Looks twice a minute whether the kernel's settings are still as they were made at the start. It says what was switched
 * off, and leaves it: two that set one thing again and again help nobody. {@link #look}: one thread at a time;
 * {@link #warnings}: any thread.
 */
final class KernelWatch {
    static final long PERIOD_NANOS = 30_000_000_000L;

    private final Function<KernelSettings, List<Change>> unmet;
    private final EventLog events;
    private long lookedAt;
    private boolean isLooked;
    private volatile Map<String, String> wrong = Map.of();

    /**
     * A watch that has seen nothing yet.
     *
     * @param unmet gives what is not as it should be, from what it is wished to be
     */
    KernelWatch(Function<KernelSettings, List<Change>> unmet, EventLog events) {
        this.unmet = unmet;
        this.events = events;
    }

    /** To be called again and again; looks when it is time. */
    void look(KernelSettings wishes, long now) {
        if (isLooked && now - lookedAt < PERIOD_NANOS) {
            return;
        }
        isLooked = true;
        lookedAt = now;
        Map<String, String> before = wrong;
        Map<String, String> found = new LinkedHashMap<>();
        for (Change change : unmet.apply(wishes)) {
            String text = "was switched off: it is " + change.now() + ", and " + change.why();
            found.put(change.setting(), text);
            if (!before.containsKey(change.setting())) {
                events.append("kernel", Severity.WARNING, change.setting(), text);
            }
        }
        before.keySet().stream()
                .filter(setting -> !found.containsKey(setting))
                .forEach(setting -> events.append("kernel", Severity.INFO, setting, "has the required value again"));
        wrong = found;
    }

    /** What is not as it should be, in words. */
    List<String> warnings() {
        return wrong.entrySet().stream()
                .map(each -> "kernel setting " + each.getKey() + " " + each.getValue())
                .toList();
    }
}
