package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether TLS clients show a certificate, and what it is verified by. Immutable.
 *
 * @param mode whether a client must show a certificate
 * @param ca absolute path of CA certificates (PEM) that a client's must chain to
 * @param crl absolute path of PEM revocation lists; empty: none is looked at
 */
public record ClientAuth(Mode mode, Path ca, Optional<Path> crl) {
    /** Whether a client must show a certificate. One that is shown is verified in either mode. */
    public enum Mode {
        /** It may. */
        OPTIONAL,
        /** Without one the handshake fails. */
        REQUIRED
    }

    public ClientAuth {
        requireNonNull(mode, "mode");
        requireNonNull(ca, "ca");
        requireNonNull(crl, "crl");
    }
}
