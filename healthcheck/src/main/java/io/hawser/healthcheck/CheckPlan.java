package io.hawser.healthcheck;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How the members of a pool are checked. Immutable.
 *
 * @param type what a check does
 * @param timing when checks are made, how long they may take, how many decide
 * @param request what HTTP and HTTPS checks ask for and expect
 * @param tls what TLS and HTTPS checks show and verify
 * @param port the port that is checked, 1 to 65535, or 0 for the member's own
 */
public record CheckPlan(Type type, Timing timing, Request request, Tls tls, int port) {

    /** What a check does; it passes when the last step named here succeeds. */
    public enum Type {
        /** Connects. */
        TCP,
        /** Connects and completes a TLS handshake. */
        TLS,
        /** Connects and gets an expected status. */
        HTTP,
        /** Connects, completes a TLS handshake and gets an expected status. */
        HTTPS;

        /** Whether the check speaks TLS. */
        public boolean usesTls() {
            return this == TLS || this == HTTPS;
        }

        /** Whether a request is made and its status counts. */
        public boolean usesHttp() {
            return this == HTTP || this == HTTPS;
        }
    }

    /** What a status that is not expected says of a member. */
    public enum OnWrongStatus {
        /** It finishes what it has: no new connections, the old ones stay. */
        DRAIN,
        /** It is not the one to talk to, for anybody: down, at the first such answer. */
        DOWN
    }

    public CheckPlan {
        requireNonNull(type, "type");
        requireNonNull(timing, "timing");
        requireNonNull(request, "request");
        requireNonNull(tls, "tls");
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("health check port %d is not a port (1 to 65535)".formatted(port));
        }
    }

    /** A check of the given type with all defaults (path /, expected status 200). */
    public static CheckPlan of(Type type) {
        return new CheckPlan(type, Timing.DEFAULT, Request.DEFAULT, Tls.UNVERIFIED, 0);
    }

    /** The same plan with another timing. */
    public CheckPlan with(Timing newTiming) {
        return new CheckPlan(type, newTiming, request, tls, port);
    }

    /** The same plan with another request. */
    public CheckPlan with(Request newRequest) {
        return new CheckPlan(type, timing, newRequest, tls, port);
    }

    /** The same plan with other TLS options. */
    public CheckPlan with(Tls newTls) {
        return new CheckPlan(type, timing, request, newTls, port);
    }

    /** The same plan for another port; 0 is the member's own. */
    public CheckPlan withPort(int newPort) {
        return new CheckPlan(type, timing, request, tls, newPort);
    }

    /**
     * When checks are made and how many decide. All durations are from 1 ms to 1 h.
     *
     * @param interval from one check's start to the next one's
     * @param fastInterval the same while checks speak against the present health; an interval that is shorter rules
     * @param connectTimeout for the TCP connection
     * @param timeout for the answer: everything after the connection stands, the TLS handshake included
     * @param rise good checks in a row that bring a member back, 1 to 1000
     * @param fall bad checks in a row that take a member out, 1 to 1000
     */
    public record Timing(
            Duration interval, Duration fastInterval, Duration connectTimeout, Duration timeout, int rise, int fall) {

        private static final Duration LONGEST = Duration.ofHours(1);

        /** The defaults of the configuration. */
        public static final Timing DEFAULT = new Timing(
                Duration.ofSeconds(1), Duration.ofMillis(250), Duration.ofMillis(300), Duration.ofSeconds(1), 2, 2);

        public Timing {
            requireInRange("interval", interval);
            requireInRange("fast-interval", fastInterval);
            requireInRange("connect-timeout", connectTimeout);
            requireInRange("timeout", timeout);
            requireInRange("rise", rise);
            requireInRange("fall", fall);
        }

        private static void requireInRange(String name, Duration value) {
            if (requireNonNull(value, name).toNanos() < 1_000_000 || value.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException(
                        "health check %s %s is not within 1 ms to 1 h".formatted(name, value));
            }
        }

        private static void requireInRange(String name, int value) {
            if (value < 1 || value > 1000) {
                throw new IllegalArgumentException("health check %s %d is not within 1 to 1000".formatted(name, value));
            }
        }
    }

    /**
     * What is asked for, and which answers are good.
     *
     * @param path the request target: starts with a slash, visible ASCII only
     * @param host the Host header, or null for the address and port that is checked
     * @param expect the statuses that pass, 200 to 599, at least one; 401 and 403 say "alive" where anonymous requests
     *     are forbidden
     * @param bearerTokenFile a file whose content is sent as bearer token, or null; read again when it changes
     * @param onWrongStatus what any other status says
     */
    public record Request(
            String path,
            @Nullable String host,
            Set<Integer> expect,
            @Nullable Path bearerTokenFile,
            OnWrongStatus onWrongStatus) {

        /** Asks for / and expects 200. */
        public static final Request DEFAULT = new Request("/", null, Set.of(200), null);

        /** A request where a wrong status drains. */
        public Request(String path, @Nullable String host, Set<Integer> expect, @Nullable Path bearerTokenFile) {
            this(path, host, expect, bearerTokenFile, OnWrongStatus.DRAIN);
        }

        public Request {
            requireNonNull(path, "path");
            requireNonNull(onWrongStatus, "onWrongStatus");
            if (!path.startsWith("/") || !isVisibleAscii(path)) {
                throw new IllegalArgumentException(
                        "health check path \"%s\" must start with / and contain only visible ASCII".formatted(path));
            }
            if (host != null && (host.isEmpty() || !isVisibleAscii(host))) {
                throw new IllegalArgumentException("health check host \"%s\" is not a host name".formatted(host));
            }
            expect = Collections.unmodifiableSortedSet(new TreeSet<>(expect));
            if (expect.isEmpty()) {
                throw new IllegalArgumentException("health check expect is empty; name at least one status");
            }
            for (int status : expect) {
                // A status below 200 is never the final answer (RFC 9110 15.2).
                if (status < 200 || status > 599) {
                    throw new IllegalArgumentException(
                            "health check expect %d is not a status (200 to 599)".formatted(status));
                }
            }
        }

        /** Asks for a path and expects 200. */
        public static Request path(String path) {
            return new Request(path, null, Set.of(200), null);
        }

        private static boolean isVisibleAscii(String text) {
            return text.chars().allMatch(c -> c > ' ' && c < 127);
        }
    }

    /**
     * What is shown and verified in the TLS handshake. All files are PEM, and read again when they change.
     *
     * <p>Without {@code ca} the member's certificate is not verified. The check's answer decides only where connections
     * go; the clients verify the certificate themselves, end to end. Demanding a CA would make the first configuration
     * fail where kubeadm's own example verifies nothing. A bearer token is then sent to whoever answers at the member's
     * address, so use {@code ca} with it.
     *
     * @param ca the authorities that the member's certificate must lead to, or null: anything is accepted
     * @param serverName sent as server name and, with {@code ca}, the name (or address) that the certificate must be
     *     for; null: no server name is sent and any name will do
     * @param certificate the client certificate chain, or null; together with {@code key} only
     * @param key the unencrypted private key of {@code certificate}, PKCS#8
     */
    public record Tls(
            @Nullable Path ca,
            @Nullable String serverName,
            @Nullable Path certificate,
            @Nullable Path key) {

        /** No client certificate, and any certificate of the member is accepted. */
        public static final Tls UNVERIFIED = new Tls(null, null, null, null);

        public Tls {
            if ((certificate == null) != (key == null)) {
                throw new IllegalArgumentException("health check certificate and key must be given together");
            }
            if (serverName != null && serverName.isBlank()) {
                throw new IllegalArgumentException("health check server name is blank");
            }
        }
    }
}
