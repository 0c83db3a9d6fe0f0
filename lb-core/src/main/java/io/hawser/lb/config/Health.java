package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.healthcheck.CheckPlan;
import io.hawser.healthcheck.CheckPlan.OnWrongStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How the members of a pool are checked. Immutable.
 *
 * @param type what is tried
 * @param port port to check; empty: the member's
 * @param host Host header and TLS server name; empty: the member's host
 * @param request what http and https ask for and expect
 * @param timing when checks are made, how long they may take, how many decide
 * @param tls what tls and https verify and show
 */
public record Health(
        CheckPlan.Type type,
        OptionalInt port,
        Optional<String> host,
        Request request,
        CheckPlan.Timing timing,
        Tls tls) {

    /**
     * What is asked for, and which answers are good.
     *
     * @param path with a leading slash
     * @param expect HTTP statuses that mean healthy
     * @param onWrongStatus what any other status means
     * @param bearerTokenFile readable file with a token for the Authorization header
     */
    public record Request(
            String path, List<Integer> expect, OnWrongStatus onWrongStatus, Optional<Path> bearerTokenFile) {
        public Request {
            requireNonNull(path, "path");
            expect = List.copyOf(expect);
            requireNonNull(onWrongStatus, "onWrongStatus");
            requireNonNull(bearerTokenFile, "bearerTokenFile");
        }
    }

    /**
     * What is verified and shown.
     *
     * @param ca readable file of certificates that the member's must lead to; empty: it is not verified
     * @param own what is presented; empty: nothing
     */
    public record Tls(Optional<Path> ca, Optional<CertificateFiles> own) {
        public Tls {
            requireNonNull(ca, "ca");
            requireNonNull(own, "own");
        }
    }

    public Health {
        requireNonNull(type, "type");
        requireNonNull(port, "port");
        requireNonNull(host, "host");
        requireNonNull(request, "request");
        requireNonNull(timing, "timing");
        requireNonNull(tls, "tls");
    }
}
