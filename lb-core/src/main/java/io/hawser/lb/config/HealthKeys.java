package io.hawser.lb.config;

import io.hawser.healthcheck.CheckPlan;
import io.hawser.healthcheck.CheckPlan.OnWrongStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The keys of {@code pools[].health}. Stateless. */
final class HealthKeys {
    private static final List<Key<?>> ALL = new ArrayList<>();

    static final Key<Section> HEALTH = key("pools[].health", "Health checks of the members.")
            .derived("its keys' defaults")
            .section(null);
    static final Key<CheckPlan.Type> TYPE = key(
                    "pools[].health.type",
                    "What to check. tcp works with every server but sees only an open port. For API servers use https with path: /readyz.")
            .byDefault("tcp")
            .value(Health::type)
            .one(Types.word(CheckPlan.Type.class));
    static final Key<String> PATH = key("pools[].health.path", "Path to request, for http and https.")
            .byDefault("/")
            .value(health -> health.request().path())
            .one(Types.urlPath());
    static final Key<Integer> PORT = key("pools[].health.port", "Port to check.")
            .derived("the member's")
            .value(Health::port)
            .one(Types.port());
    static final Key<String> HOST = key("pools[].health.host", "Host header and TLS server name.")
            .derived("the member's host")
            .value(Health::host)
            .one(Types.host());
    static final Key<List<Integer>> EXPECT = key("pools[].health.expect", "Status codes that mean healthy.")
            .byDefault("200")
            .value(health -> health.request().expect())
            .oneOrMany(Types.integer("a final HTTP status", 200, 599));
    static final Key<OnWrongStatus> WRONG = key(
                    "pools[].health.on-wrong-status",
                    "What any other status means, for http and https. drain: the member finishes its connections and gets no new ones. down: the member has another role now; it is down at the first such answer, regardless of fall, until it answers as expected.")
            .derived(
                    "down where port is written or the path names a role (primary, master, leader, replica, standby, read-write, read-only ...); drain else, and always for /readyz, /livez and /healthz")
            .value(health -> health.request().onWrongStatus())
            .one(Types.word(OnWrongStatus.class));
    static final Key<Duration> INTERVAL = key("pools[].health.interval", "Time between checks.")
            .byDefault("1s")
            .value(health -> health.timing().interval())
            .one(Types.duration("50ms", "1h"));
    static final Key<Duration> CONNECT = key("pools[].health.connect-timeout", "Time limit for the connection.")
            .byDefault("300ms")
            .value(health -> health.timing().connectTimeout())
            .one(Types.duration("10ms", "1m"));
    static final Key<Duration> TIMEOUT = key("pools[].health.timeout", "Time limit for the answer.")
            .byDefault("1s")
            .value(health -> health.timing().timeout())
            .one(Types.duration("10ms", "1m"));
    static final Key<Integer> RISE = key("pools[].health.rise", "Consecutive successes that bring a member up.")
            .byDefault("2")
            .value(health -> health.timing().rise())
            .one(Types.integer("a count", 1, 100));
    static final Key<Integer> FALL = key("pools[].health.fall", "Consecutive failures that take a member down.")
            .byDefault("2")
            .value(health -> health.timing().fall())
            .one(Types.integer("a count", 1, 100));
    static final Key<Duration> FAST = key(
                    "pools[].health.fast-interval",
                    "Time between checks while a member is changing state. A failed connection of a client also starts a check at once.")
            .byDefault("250ms")
            .value(health -> health.timing().fastInterval())
            .one(Types.duration("50ms", "1h"));
    static final Key<Path> TOKEN = key(
                    "pools[].health.bearer-token-file",
                    "File with the bearer token for the Authorization header of http and https.")
            .derived("none")
            .value(health -> health.request().bearerTokenFile())
            .one(Types.file());
    static final Key<Path> CA = key(
                    "pools[].health.ca", "CA certificates that member certificates must chain to, for tls and https.")
            .derived("none: the member's certificate is not verified")
            .value(health -> health.tls().ca())
            .one(Types.file());
    static final Key<Path> CERTIFICATE = key("pools[].health.certificate", "Client certificate to present; needs key.")
            .derived("none")
            .value(health -> health.tls().own().map(CertificateFiles::certificate))
            .one(Types.file());
    static final Key<Path> KEY = key("pools[].health.key", "Its private key; needs certificate.")
            .derived("none")
            .value(health -> health.tls().own().map(CertificateFiles::key))
            .one(Types.file());

    private HealthKeys() {}

    /** These keys, in the order of the reference page. */
    static List<Key<?>> all() {
        return Collections.unmodifiableList(ALL);
    }

    private static KeyRow<Health> key(String path, String doc) {
        return new KeyRow<>(Health.class, ALL, path, doc);
    }
}
