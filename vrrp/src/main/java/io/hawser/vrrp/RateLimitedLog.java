package io.hawser.vrrp;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Limits how often the same thing is said: once a minute for each subject of a kind. Kinds have nothing to do with each
 * other. Of the subjects that strangers choose, only the first ones of a minute are said; the others of that kind are
 * counted, for {@link #more}. Owner's thread.
 */
final class RateLimitedLog {
    static final long GAP_NANOS = 60_000_000_000L;
    /** So many strangers are named in a minute, for each kind. */
    static final int MOST = 16;

    private final int most;
    private final Map<Object, Kind> kinds = new HashMap<>();
    private boolean isMore;

    private static final class Kind {
        /** Subjects that this node's configuration and own code bound. */
        final Map<Object, Long> known = new HashMap<>();

        final Map<Object, Long> strangers = new HashMap<>();
        long unsaid;
        long countedAt;
        boolean isCounted;
    }

    RateLimitedLog() {
        this(MOST);
    }

    /** Names up to {@code most} strangers of a kind in a minute. */
    RateLimitedLog(int most) {
        this.most = most;
    }

    /** Whether this should be said now of a subject that cannot be made up: a listed peer, an own failure. */
    boolean isDue(Object kind, Object subject, long now) {
        return isDue(kindOf(kind).known, subject, now);
    }

    /** Whether this should be said now of a subject that whoever is on the network can make up. */
    boolean isDueOfStranger(Object kind, Object subject, long now) {
        Kind same = kindOf(kind);
        Map<Object, Long> saidAt = same.strangers;
        if (!saidAt.containsKey(subject) && saidAt.size() >= most) {
            saidAt.values().removeIf(at -> now - at >= GAP_NANOS);
            if (saidAt.size() >= most) {
                same.unsaid++;
                isMore = true;
                return false;
            }
        }
        return isDue(saidAt, subject, now);
    }

    private Kind kindOf(Object kind) {
        return kinds.computeIfAbsent(kind, absent -> new Kind());
    }

    private static boolean isDue(Map<Object, Long> saidAt, Object subject, long now) {
        Long before = saidAt.get(subject);
        if (before != null && now - before < GAP_NANOS) {
            return false;
        }
        saidAt.put(subject, now);
        return true;
    }

    /**
     * How often what concerns strangers was not said, by kind: at once the first time, then each minute; each is
     * answered once. Cheap when there is nothing.
     */
    Map<Object, Long> more(long now) {
        if (!isMore) {
            return Map.of();
        }
        isMore = false;
        Map<Object, Long> counts = new LinkedHashMap<>();
        kinds.forEach((kind, same) -> {
            if (same.unsaid == 0) {
                return;
            }
            if (same.isCounted && now - same.countedAt < GAP_NANOS) {
                isMore = true;
                return;
            }
            counts.put(kind, same.unsaid);
            same.unsaid = 0;
            same.countedAt = now;
            same.isCounted = true;
        });
        return counts;
    }
}
