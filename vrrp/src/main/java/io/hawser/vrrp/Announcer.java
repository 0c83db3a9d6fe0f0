package io.hawser.vrrp;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * The schedule by which the addresses of a router are announced: a burst, a second one, then a refresh. Pure; a new request while a burst
 * runs is absorbed by it.
 */
final class Announcer {
    /** Between the announcements of a burst: neighbours that are busy lose the first ones. */
    static final long GAP_NANOS = 20_000_000L;

    private final RouterSpec.Announce spec;
    private boolean isRunning;
    private int left;
    private boolean secondDue;
    private long dueAt;

    Announcer(RouterSpec.Announce spec) {
        this.spec = spec;
    }

    /** Starts a burst; one that is running starts over without adding to it. */
    void burst(long now) {
        isRunning = true;
        left = spec.count();
        secondDue = spec.againAfter().isPresent();
        dueAt = now;
    }

    /** Announces nothing any more. */
    void stop() {
        isRunning = false;
    }

    /** When the next announcement is due; empty when none is. */
    OptionalLong deadline() {
        return isRunning ? OptionalLong.of(dueAt) : OptionalLong.empty();
    }

    /** Whether one announcement of every address is to be sent now; to be asked until it says no. */
    boolean poll(long now) {
        if (!isRunning || now - dueAt < 0) {
            return false;
        }
        left--;
        if (left > 0) {
            dueAt = now + GAP_NANOS;
        } else if (secondDue) {
            secondDue = false;
            left = spec.count();
            dueAt = now + spec.againAfter().map(Duration::toNanos).orElse(0L);
        } else if (spec.refresh().isPresent()) {
            left = 1;
            dueAt = now + spec.refresh().get().toNanos();
        } else {
            isRunning = false;
        }
        return true;
    }
}
