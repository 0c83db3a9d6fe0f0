package io.hawser.lb.config;

import io.hawser.healthcheck.CheckPlan.OnWrongStatus;
import java.util.List;

/** What a status that is not expected means where the file does not say it. Stateless. */
final class WrongStatus {
    /*
     * The question decides what the answer means. Kubernetes' paths ask a server whether it wants more: one that says no
     * finishes what it has. A path with a role in it asks whether this is the primary, and a port of its own is that of an
     * agent that knows; one that says no must not be written to a moment longer. Anything else is asked of the server itself,
     * and it is alive, so nobody is cut off.
     */
    private static final List<String> FINISHING = List.of("readyz", "livez", "healthz");
    private static final List<String> ROLES = List.of(
            "primary",
            "master",
            "leader",
            "replica",
            "secondary",
            "standby",
            "standby-leader",
            "standby_leader",
            "read-write",
            "read-only");

    private WrongStatus() {}

    /**
     * What is meant.
     *
     * @param path the path of the check
     * @param hasPort whether the check has a port of its own
     */
    static OnWrongStatus meaning(String path, boolean hasPort) {
        int end = path.indexOf('?') < 0 ? path.length() : path.indexOf('?');
        List<String> words = List.of(path.substring(0, end).split("/"));
        if (words.stream().anyMatch(FINISHING::contains)) {
            return OnWrongStatus.DRAIN;
        }
        return hasPort || words.stream().anyMatch(ROLES::contains) ? OnWrongStatus.DOWN : OnWrongStatus.DRAIN;
    }
}
