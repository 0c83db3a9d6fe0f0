package io.hawser.lb.admin;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The last events, of a fixed number; each is also logged. When there are more, the oldest of the kind that has most
 * goes: a flood of one kind pushes out its own. Any thread may call it.
 */
public final class EventLog {
    /** Longest text or detail kept, in characters: foreign words must not fill the memory. */
    static final int MAX_TEXT = 2_000;

    private static final Logger log = LoggerFactory.getLogger("io.hawser.events.EventLog");

    private final int capacity;
    /** In the order of their ids. */
    private final List<Line> kept;

    private final Map<String, Integer> byKind = new HashMap<>();
    private final InstantSource clock;
    private final List<Runnable> wakeUps = new CopyOnWriteArrayList<>();
    private long lastId;

    /** An event and how it is written, which is done once for all who read it. Any thread. */
    static final class Line {
        private final Event event;
        private volatile byte @Nullable [] json;

        private Line(Event event) {
            this.event = event;
        }

        Event event() {
            return event;
        }

        /** One JSON object with the line's end; nobody writes to it. */
        byte[] json() {
            byte[] written = json;
            if (written == null) {
                byte[] object = event.json();
                written = Arrays.copyOf(object, object.length + 1);
                written[object.length] = '\n';
                json = written;
            }
            return written;
        }
    }

    /**
     * An empty log.
     *
     * @param capacity how many events are kept, at least 1
     * @param clock gives the wall clock time of an event
     */
    public EventLog(int capacity, InstantSource clock) {
        if (capacity < 1) {
            throw new IllegalArgumentException("event log capacity " + capacity + " is not at least 1");
        }
        this.capacity = capacity;
        kept = new ArrayList<>(capacity + 1);
        this.clock = requireNonNull(clock, "clock");
    }

    /**
     * Appends an event, logs it and wakes those that follow. Takes a short lock and never waits for a reader.
     *
     * @return the event with its id and time
     */
    public Event append(String kind, Severity severity, String subject, String text, Map<String, String> details) {
        Instant at = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Event event;
        synchronized (kept) {
            event = new Event(lastId + 1, at, kind, severity, subject, bounded(text), bounded(details));
            kept.add(new Line(event));
            byKind.merge(kind, 1, Integer::sum);
            lastId = event.id();
            if (kept.size() > capacity) {
                forgetOne();
            }
        }
        log(event);
        wakeUps.forEach(Runnable::run);
        return event;
    }

    private void forgetOne() {
        int most = Collections.max(byKind.values());
        for (int i = 0; i < kept.size(); i++) {
            String kind = kept.get(i).event().kind();
            if (byKind.getOrDefault(kind, 0) == most) {
                kept.remove(i);
                byKind.put(kind, most - 1);
                return;
            }
        }
    }

    /** Appends an event without details; as {@link #append(String, Severity, String, String, Map)}. */
    public Event append(String kind, Severity severity, String subject, String text) {
        return append(kind, severity, subject, text, Map.of());
    }

    /**
     * The oldest kept events after {@code id}, oldest first.
     *
     * @param id the last event already seen, 0 for none
     * @param max how many at most
     */
    public List<Event> after(long id, int max) {
        return lines(id, max).stream().map(Line::event).toList();
    }

    /** As {@link #after}, with how they are written. */
    List<Line> lines(long id, int max) {
        synchronized (kept) {
            // An id of an earlier process is ahead of ours: whoever asks has seen none of these.
            long seen = id > lastId ? 0 : Math.max(0, id);
            int from = 0;
            int to = kept.size();
            while (from < to) {
                int middle = (from + to) >>> 1;
                if (kept.get(middle).event().id() <= seen) {
                    from = middle + 1;
                } else {
                    to = middle;
                }
            }
            return List.copyOf(kept.subList(from, Math.min(kept.size(), from + Math.max(0, max))));
        }
    }

    /** How many events are kept at most. */
    public int capacity() {
        return capacity;
    }

    /** Runs {@code wakeUp} after each append, on the appending thread: it must return at once and not throw. */
    void wakeAfterAppend(Runnable wakeUp) {
        wakeUps.add(wakeUp);
    }

    /** Stops running {@code wakeUp}. */
    void forget(Runnable wakeUp) {
        wakeUps.remove(wakeUp);
    }

    private static void log(Event event) {
        var line = log.atLevel(
                        switch (event.severity()) {
                            case INFO -> Level.INFO;
                            case WARNING -> Level.WARN;
                            case ERROR -> Level.ERROR;
                        })
                .addKeyValue("kind", event.kind());
        for (var detail : event.details().entrySet()) {
            line = line.addKeyValue(detail.getKey(), detail.getValue());
        }
        // The words are arguments and not the pattern: it may hold foreign braces.
        line.log("{}: {}", event.subject(), event.text());
    }

    private static Map<String, String> bounded(Map<String, String> details) {
        if (details.values().stream().allMatch(value -> value.length() <= MAX_TEXT)) {
            return details;
        }
        var copy = new java.util.LinkedHashMap<String, String>();
        details.forEach((key, value) -> copy.put(key, bounded(value)));
        return copy;
    }

    private static String bounded(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT - 1) + "…";
    }
}
