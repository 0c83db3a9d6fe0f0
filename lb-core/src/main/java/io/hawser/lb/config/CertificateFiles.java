package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * A certificate with its key, as files: what is in them is read by the one who uses them, and again when they change. Immutable.
 *
 * @param certificate absolute path of PEM certificates, the own one first, then those that it leads to
 * @param key absolute path of its private key in PEM
 */
public record CertificateFiles(Path certificate, Path key) {
    public CertificateFiles {
        requireNonNull(certificate, "certificate");
        requireNonNull(key, "key");
    }
}
