package io.hawser.vrrp;

import java.util.HashMap;
import java.util.Map;

/**
 * Limits how often the same thing is said: once a minute for each subject. A flood with ever new subjects is said to be
 * one after {@value #MOST} of them. Owner's thread.
 */
final class Complaints {
    static final long GAP_NANOS = 60_000_000_000L;
    static final int MOST = 256;

    private final Map<Object, Long> saidAt = new HashMap<>();

    /** Whether this should be said now. */
    boolean isDue(Object subject, long now) {
        Long before = saidAt.get(subject);
        if (before != null && now - before < GAP_NANOS) {
            return false;
        }
        if (before == null && saidAt.size() >= MOST) {
            saidAt.values().removeIf(at -> now - at >= GAP_NANOS);
            if (saidAt.size() >= MOST) {
                return false;
            }
        }
        saidAt.put(subject, now);
        return true;
    }
}
