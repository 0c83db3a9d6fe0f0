package io.hawser.lb.daemon;

import io.hawser.lb.admin.Event;
import io.hawser.lb.admin.Problems;
import io.hawser.lb.admin.Severity;
import io.hawser.lb.admin.Status;
import io.hawser.lb.proxy.Capacity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** The warnings of the status: what will become a failure, or was one a moment ago, in words. Immutable. */
final class Warnings {
    /** How long before its end a certificate is warned of. */
    static final Duration CERTIFICATE = Duration.ofDays(21);

    /** How long the alarms of the virtual routers and of the admin port are shown after they were last raised. */
    static final Duration ALARM = Duration.ofMinutes(10);

    /** From what delay on the vrrp thread counts as late: a tenth of the default advertisement interval. */
    static final Duration LATE = Duration.ofMillis(10);

    private static final int NEAR_PERCENT = 80;
    private static final Set<String> OF_THE_NODE = Set.of("admin-crowded", "not-accepting", "no-source-port", "unread");

    private Warnings() {}

    /**
     * The warnings, worst first.
     *
     * @param status what there is
     * @param events what happened, oldest first
     * @param worstTick how late the vrrp thread woke up at worst lately
     */
    static List<String> of(Status status, List<Event> events, Duration worstTick) {
        List<String> found = new ArrayList<>(alarms(status, events));
        if (worstTick.compareTo(LATE) > 0) {
            found.add("the vrrp thread woke up " + worstTick.toMillis()
                    + " ms late in the last minutes: this host is short of processor time, or its virtual machine was"
                    + " paused");
        }
        for (Status.Certificate certificate : status.certificates()) {
            Duration left = Duration.between(status.at(), certificate.expiresAt());
            if (left.isNegative()) {
                found.add("a certificate in " + certificate.file() + " expired " + Problems.words(left.negated())
                        + " ago: replace the file; hawser reloads it automatically");
            } else if (left.compareTo(CERTIFICATE) < 0) {
                found.add("a certificate in " + certificate.file() + " expires in " + Problems.words(left)
                        + ": replace the file; hawser reloads it automatically");
            }
        }
        Status.Limits limits = status.limits();
        if (isNear(limits.active(), limits.connections())) {
            found.add(limits.active() + " of at most " + limits.connections()
                    + " connections are open: raise limits.connections, or the limit of open files");
        }
        for (Status.Listener listener : status.listeners()) {
            if (!listener.paused() && isNear(listener.active(), listener.limit())) {
                found.add("listener " + listener.name() + " has " + listener.active() + " of at most "
                        + listener.limit() + " connections: raise its limits.connections");
            }
        }
        return found;
    }

    /**
     * Warns of a limit that is above what the process can carry.
     *
     * @param wanted the configured limit of connections; empty when it follows from the capacity
     */
    static List<String> ofLimits(OptionalInt wanted, Capacity capacity) {
        int connections = wanted.orElse(0);
        if (connections > capacity.byFiles()) {
            return List.of("limits.connections is " + connections + ", but with " + capacity.openFiles()
                    + " open files only " + capacity.byFiles()
                    + " are possible: raise the limit of open files (LimitNOFILE=, ulimit -n)");
        }
        if (connections > capacity.byMemory()) {
            return List.of("limits.connections is " + connections + ", but this process has memory for about "
                    + capacity.byMemory() + " (heap " + (capacity.heapBytes() >> 20) + " MiB, buffers "
                    + (capacity.nativeBytes() >> 20) + " MiB): beyond that it may stop accepting before the limit;"
                    + " raise -Xmx and -XX:MaxDirectMemorySize");
        }
        return List.of();
    }

    /** The last one of each kind and router. */
    private static List<String> alarms(Status status, List<Event> events) {
        Map<String, String> last = new LinkedHashMap<>();
        for (Event event : events) {
            Duration age = Duration.between(event.at(), status.at());
            boolean isOfRouter = event.kind().startsWith("vrrp-");
            boolean isAlarm = isOfRouter || OF_THE_NODE.contains(event.kind());
            if (isAlarm && event.severity() != Severity.INFO && age.compareTo(ALARM) < 0) {
                String key = event.kind() + " " + event.subject();
                last.remove(key);
                last.put(
                        key,
                        (isOfRouter ? "router " : "") + event.subject() + ", " + Problems.words(age) + " ago: "
                                + event.text());
            }
        }
        return List.copyOf(last.values());
    }

    private static boolean isNear(long active, long limit) {
        return limit > 0 && active * 100 >= limit * NEAR_PERCENT;
    }
}
