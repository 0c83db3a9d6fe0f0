package io.hawser.lb.admin;

import java.util.ArrayList;
import java.util.List;

/** Status as JSON, in both directions, so that what is written and what the command line reads cannot part. Any thread. */
public final class StatusDocument {
    /** Longest document that is read, in bytes. */
    public static final int MAX_BYTES = 8 * 1024 * 1024;

    private static final int MAX_LIST = 100_000;
    private static final Json JSON = new Json(MAX_BYTES, 10_000);

    /** What became of the bytes. */
    public sealed interface Parsed {
        /** A status. */
        record Ok(Status status) implements Parsed {}

        /** Not a status; {@code detail} says where and why. */
        record Bad(Unreadable reason, String detail) implements Parsed {}
    }

    private StatusDocument() {}

    /** The status in {@code body}; never throws. Unknown fields are ignored. */
    public static Parsed parse(byte[] body) {
        return switch (JSON.parse(body)) {
            case Json.Parsed.Bad(Unreadable reason, String detail) -> new Parsed.Bad(reason, detail);
            case Json.Parsed.Ok(var object) -> {
                List<String> problems = new ArrayList<>();
                Status status = status(Fields.of(object, problems));
                yield problems.isEmpty()
                        ? new Parsed.Ok(status)
                        : new Parsed.Bad(Unreadable.WRONG_SHAPE, String.join("; ", problems));
            }
        };
    }

    /** {@code status} as one JSON object in UTF-8; {@code problems} is added for readers that do not derive it. */
    public static byte[] write(Status status) {
        return JsonWriter.bytes(json -> json.text("node", status.node())
                .text("version", status.version())
                .text("startedAt", status.startedAt())
                .text("at", status.at())
                .flag("ready", status.ready())
                .flag("fit", status.fit())
                .texts("reasons", status.reasons())
                .texts("problems", Problems.of(status))
                .objects("routers", status.routers(), StatusDocument::write)
                .objects("peers", status.peers(), StatusDocument::write)
                .objects("listeners", status.listeners(), StatusDocument::write)
                .objects("pools", status.pools(), StatusDocument::write)
                .object("limits", inner -> write(inner, status.limits()))
                .objects(
                        "certificates",
                        status.certificates(),
                        (inner, certificate) ->
                                inner.text("file", certificate.file()).text("expiresAt", certificate.expiresAt()))
                .objects("kernel", status.kernel(), StatusDocument::write)
                .texts("warnings", status.warnings()));
    }

    private static void write(JsonWriter json, Status.Router router) {
        json.text("name", router.name())
                .number("id", router.id())
                .text("state", router.state())
                .text("since", router.since())
                .number("priority", router.priority())
                .objects(
                        "addresses",
                        router.addresses(),
                        (inner, address) ->
                                inner.text("address", address.address()).flag("present", address.present()))
                .text("activeNode", router.activeNode())
                .seconds("lastAdvertAgeSeconds", router.lastAdvertAge())
                .text("cause", router.cause());
    }

    private static void write(JsonWriter json, Status.Peer peer) {
        json.text("name", peer.name())
                .text("address", peer.address())
                .flag("up", peer.up())
                .flag("fit", peer.fit())
                .text("problem", peer.problem())
                .objects(
                        "routers",
                        peer.routers(),
                        (inner, router) -> inner.text("name", router.name())
                                .text("state", router.state())
                                .number("priority", router.priority()));
    }

    private static void write(JsonWriter json, Status.Listener listener) {
        json.text("name", listener.name())
                .texts("bind", listener.bind())
                .flag("bound", listener.bound())
                .flag("paused", listener.paused())
                .number("active", listener.active())
                .number("limit", listener.limit())
                .text("pool", listener.pool())
                .number("accepted", listener.traffic().accepted())
                .number("bytesFromClients", listener.traffic().fromClients())
                .number("bytesFromMembers", listener.traffic().fromMembers())
                .number("failed", listener.traffic().failed());
    }

    private static void write(JsonWriter json, Status.Pool pool) {
        json.text("name", pool.name())
                .text("balance", pool.balance())
                .objects("members", pool.members(), StatusDocument::write);
    }

    private static void write(JsonWriter json, Status.Member member) {
        json.text("name", member.name())
                .text("address", member.address())
                .text("health", member.health())
                .text("since", member.since())
                .text("why", member.why())
                .number("weight", member.weight())
                .flag("drained", member.drained())
                .number("connections", member.connections())
                .number("queued", member.queued())
                .number("failures", member.failures())
                .number("share", Double.isFinite(member.share()) ? member.share() : 0)
                .seconds("checkLatencySeconds", member.checkLatency());
    }

    private static void write(JsonWriter json, Status.Limits limits) {
        json.number("connections", limits.connections())
                .number("active", limits.active())
                .number("openFiles", limits.openFiles());
    }

    private static void write(JsonWriter json, Status.KernelChange change) {
        json.text("setting", change.setting())
                .text("before", change.before())
                .text("now", change.now())
                .text("why", change.why());
    }

    private static Status status(Fields fields) {
        return new Status(
                fields.text("node"),
                fields.text("version"),
                fields.instant("startedAt"),
                fields.instant("at"),
                fields.flag("ready"),
                fields.flag("fit"),
                fields.texts("reasons", MAX_LIST),
                fields.objects("kernel", MAX_LIST).stream()
                        .map(StatusDocument::kernelChange)
                        .toList(),
                fields.objects("routers", MAX_LIST).stream()
                        .map(StatusDocument::router)
                        .toList(),
                fields.objects("peers", MAX_LIST).stream()
                        .map(StatusDocument::peer)
                        .toList(),
                fields.objects("listeners", MAX_LIST).stream()
                        .map(StatusDocument::listener)
                        .toList(),
                fields.objects("pools", MAX_LIST).stream()
                        .map(StatusDocument::pool)
                        .toList(),
                limits(fields.inner("limits")),
                fields.objects("certificates", MAX_LIST).stream()
                        .map(inner -> new Status.Certificate(inner.text("file"), inner.instant("expiresAt")))
                        .toList(),
                fields.texts("warnings", MAX_LIST));
    }

    private static Status.KernelChange kernelChange(Fields fields) {
        return new Status.KernelChange(
                fields.text("setting"), fields.text("before"), fields.text("now"), fields.text("why"));
    }

    private static Status.Router router(Fields fields) {
        return new Status.Router(
                fields.text("name"),
                (int) fields.number("id", 1, 255),
                fields.word("state", RouterState.values()),
                fields.instant("since"),
                (int) fields.number("priority", 0, 255),
                fields.objects("addresses", MAX_LIST).stream()
                        .map(inner -> new Status.Address(inner.text("address"), inner.flag("present")))
                        .toList(),
                fields.optionalText("activeNode"),
                fields.optionalSeconds("lastAdvertAgeSeconds"),
                fields.text("cause"));
    }

    private static Status.Peer peer(Fields fields) {
        return new Status.Peer(
                fields.text("name"),
                fields.text("address"),
                fields.flag("up"),
                fields.optionalFlag("fit"),
                fields.optionalText("problem"),
                fields.objects("routers", MAX_LIST).stream()
                        .map(inner -> new Status.PeerRouter(
                                inner.text("name"), inner.word("state", RouterState.values()), (int)
                                        inner.number("priority", 0, 255)))
                        .toList());
    }

    private static Status.Listener listener(Fields fields) {
        return new Status.Listener(
                fields.text("name"),
                fields.texts("bind", MAX_LIST),
                fields.flag("bound"),
                fields.flag("paused"),
                fields.number("active", 0, Long.MAX_VALUE),
                fields.number("limit", 0, Long.MAX_VALUE),
                fields.text("pool"),
                new Status.Traffic(
                        fields.number("accepted", 0, Long.MAX_VALUE),
                        fields.number("bytesFromClients", 0, Long.MAX_VALUE),
                        fields.number("bytesFromMembers", 0, Long.MAX_VALUE),
                        fields.number("failed", 0, Long.MAX_VALUE)));
    }

    private static Status.Pool pool(Fields fields) {
        return new Status.Pool(
                fields.text("name"),
                fields.text("balance"),
                fields.objects("members", MAX_LIST).stream()
                        .map(StatusDocument::member)
                        .toList());
    }

    private static Status.Member member(Fields fields) {
        return new Status.Member(
                fields.text("name"),
                fields.text("address"),
                fields.word("health", Status.MemberHealth.values()),
                fields.instant("since"),
                fields.text("why"),
                (int) fields.number("weight", 0, Integer.MAX_VALUE),
                Boolean.TRUE.equals(fields.optionalFlag("drained")),
                fields.number("connections", 0, Long.MAX_VALUE),
                fields.number("queued", 0, Long.MAX_VALUE),
                fields.number("failures", 0, Long.MAX_VALUE),
                fields.fraction("share"),
                fields.optionalSeconds("checkLatencySeconds"));
    }

    private static Status.Limits limits(Fields fields) {
        return new Status.Limits(
                fields.number("connections", 0, Long.MAX_VALUE),
                fields.number("active", 0, Long.MAX_VALUE),
                fields.number("openFiles", 0, Long.MAX_VALUE));
    }
}
