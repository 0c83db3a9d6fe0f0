package io.hawser.lb.admin;

import java.util.ArrayList;
import java.util.List;

/** Reads what another node answers on /healthz. Any thread. */
public final class HealthDocument {
    /** Longest body that is looked at, in bytes. */
    public static final int MAX_BYTES = 64 * 1024;

    private static final int MAX_TEXT = 1_000;
    private static final int MAX_ROUTERS = 256;
    private static final int MAX_LIST = 256;
    private static final Json JSON = new Json(MAX_BYTES, MAX_TEXT);

    /** What became of the bytes. */
    public sealed interface Parsed {
        /** Well-formed; whether it is true is another question. */
        record Ok(NodeHealth health) implements Parsed {}

        /** Not usable; {@code detail} says where and why, in words of ours. */
        record Bad(Unreadable reason, String detail) implements Parsed {}
    }

    private HealthDocument() {}

    /** The health in {@code body}; never throws. Unknown fields are ignored, so that newer nodes can say more. */
    public static Parsed parse(byte[] body) {
        return switch (JSON.parse(body)) {
            case Json.Parsed.Bad(Unreadable reason, String detail) -> new Parsed.Bad(reason, detail);
            case Json.Parsed.Ok(var object) -> {
                List<String> problems = new ArrayList<>();
                NodeHealth health = health(Fields.of(object, problems));
                yield problems.isEmpty()
                        ? new Parsed.Ok(health)
                        : new Parsed.Bad(Unreadable.WRONG_SHAPE, String.join("; ", problems));
            }
        };
    }

    private static NodeHealth health(Fields fields) {
        return new NodeHealth(
                fields.text("node"),
                fields.flag("fit"),
                fields.texts("reasons", MAX_LIST),
                fields.objects("routers", MAX_ROUTERS).stream()
                        .map(HealthDocument::router)
                        .toList(),
                // One that cannot be read says nothing about the node's health.
                fields.optional("configuration", ConfigDigest::read));
    }

    private static NodeHealth.Router router(Fields fields) {
        return new NodeHealth.Router(
                fields.text("name"),
                (int) fields.number("id", 1, 255),
                fields.word("state", RouterState.values()),
                (int) fields.number("priority", 0, 255),
                fields.texts("addresses", MAX_LIST));
    }
}
