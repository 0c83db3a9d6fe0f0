package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.healthcheck.CheckPlan;
import io.hawser.healthcheck.CheckPlan.OnWrongStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How the members of a pool are checked. Immutable.
 *
 * @param type what is tried
 * @param path requested by http and https, with a leading slash
 * @param port port to check; empty: the member's
 * @param host Host header and TLS server name; empty: the member's host
 * @param expect HTTP statuses that mean healthy
 * @param onWrongStatus what any other status means
 * @param interval from one check to the next while nothing changes
 * @param connectTimeout for the connection
 * @param timeout for the answer, once connected
 * @param rise successes in a row that bring a member up
 * @param fall failures in a row that take it down
 * @param fastInterval interval while a member is changing, and after a real connection to it failed
 * @param bearerTokenFile readable file with a token for the Authorization header
 * @param ca readable file of certificates that the member's must lead to; empty: it is not verified
 * @param certificate readable file with the certificate to present; only together with {@code key}
 * @param key readable file with its key
 */
public record Health(
        CheckPlan.Type type,
        String path,
        OptionalInt port,
        Optional<String> host,
        List<Integer> expect,
        OnWrongStatus onWrongStatus,
        Duration interval,
        Duration connectTimeout,
        Duration timeout,
        int rise,
        int fall,
        Duration fastInterval,
        Optional<Path> bearerTokenFile,
        Optional<Path> ca,
        Optional<Path> certificate,
        Optional<Path> key) {

    public Health {
        requireNonNull(type, "type");
        requireNonNull(path, "path");
        requireNonNull(port, "port");
        requireNonNull(host, "host");
        expect = List.copyOf(expect);
        requireNonNull(onWrongStatus, "onWrongStatus");
        requireNonNull(interval, "interval");
        requireNonNull(connectTimeout, "connectTimeout");
        requireNonNull(timeout, "timeout");
        requireNonNull(fastInterval, "fastInterval");
        requireNonNull(bearerTokenFile, "bearerTokenFile");
        requireNonNull(ca, "ca");
        requireNonNull(certificate, "certificate");
        requireNonNull(key, "key");
    }
}
