package io.hawser.lb.tls;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * Where a certificate and its key are. Immutable.
 *
 * @param certificate PEM: the certificate first, then those that lead to its authority
 * @param key PEM: PKCS#8, PKCS#1 or SEC 1, not encrypted; may be the same file
 */
public record KeyPairFiles(Path certificate, Path key) {
    public KeyPairFiles {
        requireNonNull(certificate, "certificate");
        requireNonNull(key, "key");
    }
}
