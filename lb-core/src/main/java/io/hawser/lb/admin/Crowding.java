package io.hawser.lb.admin;

import java.time.Duration;
import java.util.Map;

/** Appends events when the admin server is crowded: one a minute at most, with how often it was since. Admin thread. */
final class Crowding {
    static final Duration PAUSE = Duration.ofMinutes(1);

    private final EventLog events;
    private boolean hasSaid;
    private long saidAt;
    private long unsaid;

    Crowding(EventLog events) {
        this.events = events;
    }

    /** Somebody idle of {@code greedy}, which had {@code had} connections, went for a newcomer. */
    void madeRoom(Source greedy, int had, long now) {
        say(
                greedy,
                now,
                greedy.text() + " has " + had
                        + " connections to the admin port and opens more: its longest idle ones are closed."
                        + " Check what runs there, and limit who can reach the port");
    }

    /** A newcomer was refused. */
    void turnedAway(Source source, long now) {
        say(
                source,
                now,
                "a connection from " + source.text() + " was refused: readers of /events and running commands have"
                        + " all of its places");
    }

    private void say(Source source, long now, String text) {
        if (hasSaid && now - saidAt < PAUSE.toNanos()) {
            unsaid++;
            return;
        }
        events.append(
                "admin-crowded",
                Severity.WARNING,
                "admin",
                text,
                Map.of("source", source.text(), "unsaid", Long.toString(unsaid)));
        hasSaid = true;
        saidAt = now;
        unsaid = 0;
    }
}
