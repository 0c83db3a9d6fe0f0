package io.hawser.lb.admin;

import static io.netty.handler.codec.http.HttpResponseStatus.OK;
import static io.netty.handler.codec.http.HttpResponseStatus.SERVICE_UNAVAILABLE;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What each path answers. Admin thread only. */
final class Views {
    private static final long SECOND = 1_000_000_000L;

    private final AdminSources sources;
    private final LongSupplier clock;
    private final Map<String, Function<String, Reply>> byPath;
    private final Dashboard dashboard = Dashboard.load();

    private @Nullable Health renderedHealth;
    private long renderedAt;
    private byte[] renderedBytes = {};

    /**
     * Views of {@code sources}.
     *
     * @param clock nanoseconds, as System.nanoTime
     */
    Views(AdminSources sources, LongSupplier clock) {
        this.sources = sources;
        this.clock = clock;
        byPath = Map.of(
                "/", accept -> dashboard.reply(),
                "/healthz", accept -> health(sources.health().get()),
                "/livez", accept -> verdict("live", sources.notLive().get()),
                "/readyz", accept -> verdict("ready", sources.notReady().get()),
                "/status",
                        accept -> Reply.ok(
                                Reply.JSON,
                                StatusDocument.write(sources.status().get())),
                "/metrics", accept -> sources.metrics().scrape(accept),
                "/events", accept -> events());
    }

    /** The paths that there are, sorted. */
    List<String> paths() {
        return byPath.keySet().stream().sorted().toList();
    }

    boolean has(String path) {
        return byPath.containsKey(path);
    }

    /** The answer to GET {@code path}, which there must be. */
    Reply get(String path, String accept) {
        Function<String, Reply> view = byPath.get(path);
        if (view == null) {
            throw new IllegalStateException("no view for " + path);
        }
        return view.apply(accept);
    }

    /** The whole answer of /healthz on a connection that stays open, rendered anew only when it changed. */
    byte[] healthBytes() {
        Health health = sources.health().get();
        long now = clock.getAsLong();
        // Peers ask ten times a second; only the Date header changes when nothing else does.
        if (!health.equals(renderedHealth) || now - renderedAt >= SECOND) {
            renderedBytes = health(health).bytes(false, true, false);
            renderedHealth = health;
            renderedAt = now;
        }
        return renderedBytes;
    }

    private static Reply health(Health health) {
        return Reply.of(health.fit() ? OK : SERVICE_UNAVAILABLE, Reply.JSON, health.json());
    }

    private static Reply verdict(String name, List<String> reasons) {
        boolean good = reasons.isEmpty();
        byte[] body = JsonWriter.bytes(json -> json.flag(name, good).texts("reasons", reasons));
        return Reply.of(good ? OK : SERVICE_UNAVAILABLE, Reply.JSON, body);
    }

    private Reply events() {
        var lines = new ByteArrayOutputStream();
        for (Event event : sources.events().after(0, sources.events().capacity())) {
            lines.writeBytes(event.json());
            lines.write('\n');
        }
        return Reply.ok(Reply.JSON_LINES, lines.toByteArray());
    }

    /** Whether an Accept header names {@code type} with a quality above 0 (RFC 9110, 12.5.1); wildcards do not count. */
    static boolean accepts(String accept, String type) {
        for (String range : accept.toLowerCase(Locale.ROOT).split(",", 64)) {
            String[] parts = range.split(";", 16);
            if (parts[0].strip().equals(type)) {
                for (int i = 1; i < parts.length; i++) {
                    if (parts[i].strip().matches("q=0(\\.0*)?")) {
                        return false;
                    }
                }
                return true;
            }
        }
        return false;
    }
}
