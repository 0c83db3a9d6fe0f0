package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How connections to members are encrypted. Immutable; the files are read by the one who uses them, and again when they change.
 *
 * @param ca absolute path of PEM certificates that a member's must lead to; there is one when {@code verify}
 * @param serverName sent to the member and looked for in its certificate; empty: the member's host
 * @param verify whether the member's certificate must lead to {@code ca} and bear the name
 * @param own what is shown to a member that asks for a certificate; empty: nothing
 */
public record MemberTls(
        Optional<Path> ca, Optional<String> serverName, boolean verify, Optional<CertificateFiles> own) {
    public MemberTls {
        requireNonNull(ca, "ca");
        requireNonNull(serverName, "serverName");
        requireNonNull(own, "own");
    }
}
