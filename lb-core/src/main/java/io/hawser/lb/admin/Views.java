package io.hawser.lb.admin;

import static io.netty.handler.codec.http.HttpResponseStatus.OK;
import static io.netty.handler.codec.http.HttpResponseStatus.SERVICE_UNAVAILABLE;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The documents that are answered at once, by path, and the paths of the pages. Admin thread. */
final class Views {
    private static final long SECOND = 1_000_000_000L;

    private final Map<String, Prepared> prepared;
    private final Dashboard dashboard = Dashboard.load();

    /**
     * Views of {@code sources}.
     *
     * @param clock nanoseconds, as System.nanoTime
     */
    Views(AdminSources sources, LongSupplier clock) {
        prepared = Map.of(
                "/healthz", new Of<>(sources.health(), Views::health, clock),
                "/livez", new Of<>(sources.notLive(), reasons -> verdict("live", reasons), clock),
                "/readyz", new Of<>(sources.notReady(), reasons -> verdict("ready", reasons), clock));
    }

    /** The paths that there are, sorted. */
    List<String> paths() {
        var paths = new TreeSet<>(prepared.keySet());
        paths.addAll(List.of("/", "/events", "/metrics", "/status"));
        return List.copyOf(paths);
    }

    boolean has(String path) {
        return isHealth(path) || path.equals("/") || page(path, "") != null;
    }

    /** Whether {@code path} is one that kubelet and the other nodes ask, which is answered whoever else asks for what. */
    boolean isHealth(String path) {
        return prepared.containsKey(path);
    }

    /** The page at {@code path}, which takes its time; null when there is none. */
    Pages.@Nullable Kind page(String path, String accept) {
        return switch (path) {
            case "/status" -> Pages.Kind.STATUS;
            case "/metrics" ->
                accepts(accept, "application/openmetrics-text") ? Pages.Kind.OPEN_METRICS : Pages.Kind.METRICS;
            case "/events" -> Pages.Kind.EVENTS;
            default -> null;
        };
    }

    /** The answer to GET {@code path}, which is a health path or that of the dashboard. */
    Reply get(String path) {
        return path.equals("/") ? dashboard.reply() : prepared(path).reply();
    }

    /** The whole answer of a health path on a connection that stays open, rendered anew only when it changed. */
    byte[] healthBytes(String path) {
        return prepared(path).bytes();
    }

    private Prepared prepared(String path) {
        Prepared found = prepared.get(path);
        if (found == null) {
            throw new IllegalStateException("no view for " + path);
        }
        return found;
    }

    private static Reply health(NodeHealth health) {
        return Reply.of(health.fit() ? OK : SERVICE_UNAVAILABLE, Reply.JSON, health.json());
    }

    private static Reply verdict(String name, List<String> reasons) {
        boolean good = reasons.isEmpty();
        byte[] body = JsonWriter.bytes(json -> json.flag(name, good).texts("reasons", reasons));
        return Reply.of(good ? OK : SERVICE_UNAVAILABLE, Reply.JSON, body);
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

    /** An answer that is kept ready. */
    private interface Prepared {
        Reply reply();

        byte[] bytes();
    }

    /** The answer that says a value, made anew when the value is another one. */
    private static final class Of<V> implements Prepared {
        private final Supplier<V> source;
        private final Function<V, Reply> render;
        private final LongSupplier clock;
        private @Nullable V value;
        private @Nullable Reply reply;
        private byte @Nullable [] bytes;
        private long datedAt;

        Of(Supplier<V> source, Function<V, Reply> render, LongSupplier clock) {
            this.source = source;
            this.render = render;
            this.clock = clock;
        }

        @Override
        public Reply reply() {
            V now = source.get();
            Reply known = reply;
            if (known == null || !now.equals(value)) {
                known = render.apply(now);
                reply = known;
                value = now;
                bytes = null;
            }
            return known;
        }

        @Override
        public byte[] bytes() {
            Reply current = reply();
            long now = clock.getAsLong();
            byte[] known = bytes;
            // Peers ask ten times a second; only the Date header changes when nothing else does.
            if (known == null || now - datedAt >= SECOND) {
                known = current.bytes(true);
                bytes = known;
                datedAt = now;
            }
            return known;
        }
    }
}
