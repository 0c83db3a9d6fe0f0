package io.hawser.lb.admin;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One thing that happened and why. Immutable.
 *
 * @param id rises by one with each event of this process, from 1
 * @param at wall clock time, for people
 * @param kind what sort of thing, such as {@code vrrp-state}; fixed words, so that tools can select
 * @param severity how much attention it needs
 * @param subject what it happened to, such as a router's or member's name
 * @param text what happened and why, in words
 * @param details the numbers behind the text, in the order given
 */
public record Event(
        long id, Instant at, String kind, Severity severity, String subject, String text, Map<String, String> details) {
    private static final Json JSON = new Json(64 * 1024, 4_000);

    /** Copies {@code details}, keeping their order. */
    public Event {
        details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
    }

    /** The event that is written in {@code line} as /events does; empty when it is none. Never throws. */
    public static Optional<Event> parse(byte[] line) {
        if (!(JSON.parse(line) instanceof Json.Parsed.Ok(var object))) {
            return Optional.empty();
        }
        List<String> problems = new ArrayList<>();
        Fields fields = Fields.of(object, problems);
        var event = new Event(
                fields.number("id", 1, Long.MAX_VALUE),
                fields.instant("at"),
                fields.text("kind"),
                fields.word("severity", Severity.values()),
                fields.text("subject"),
                fields.text("text"),
                fields.textMap("details"));
        return problems.isEmpty() ? Optional.of(event) : Optional.empty();
    }

    /** This event as one JSON object on one line, without the line's end. */
    byte[] json() {
        return JsonWriter.bytes(json -> json.number("id", id)
                .text("at", at)
                .text("kind", kind)
                .text("severity", severity)
                .text("subject", subject)
                .text("text", text)
                .texts("details", details));
    }
}
