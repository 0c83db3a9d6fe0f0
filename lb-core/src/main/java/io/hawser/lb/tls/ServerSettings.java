package io.hawser.lb.tls;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The TLS settings of a listener. Immutable.
 *
 * @param certificates at least one; the first is for clients that name no server, or one that none of them is for
 * @param minimum the oldest version that is spoken
 * @param alpn protocols in order of preference; empty for none. A client that offers only others goes on without one
 * @param clientAuth which certificates of clients are asked for; null for none
 * @param ticketKeys the file with the keys of session tickets, shared with other nodes; null for keys of this process alone
 */
public record ServerSettings(
        List<KeyPairFiles> certificates,
        Version minimum,
        List<String> alpn,
        @Nullable ClientAuth clientAuth,
        @Nullable Path ticketKeys) {

    /** Versions that may be the minimum. */
    public enum Version {
        /** RFC 5246; only with forward secrecy and authenticated encryption. */
        TLS_1_2("1.2"),
        /** RFC 8446. */
        TLS_1_3("1.3");

        private final String number;

        Version(String number) {
            this.number = number;
        }

        /** As people write it: 1.2 or 1.3. */
        public String number() {
            return number;
        }
    }

    /**
     * Which clients are let in.
     *
     * @param required whether those without a certificate are refused; a certificate that is sent must be valid either way
     * @param ca PEM: the authorities that issue certificates for clients
     * @param crl PEM: their revocation lists; when given, each authority of a chain needs a current one. Null for none
     */
    public record ClientAuth(
            boolean required, Path ca, @Nullable Path crl) {
        public ClientAuth {
            requireNonNull(ca, "ca");
        }
    }

    public ServerSettings {
        certificates = List.copyOf(certificates);
        requireNonNull(minimum, "minimum");
        alpn = List.copyOf(alpn);
        if (certificates.isEmpty()) {
            throw new IllegalArgumentException("no certificate to serve with");
        }
    }

    /** The same with keys of session tickets that no other process has. */
    public ServerSettings(
            List<KeyPairFiles> certificates, Version minimum, List<String> alpn, @Nullable ClientAuth clientAuth) {
        this(certificates, minimum, alpn, clientAuth, null);
    }

    /** TLS 1.2 and 1.3 with one certificate, no ALPN, and clients that are not asked who they are. */
    public static ServerSettings of(Path certificate, Path key) {
        return new ServerSettings(List.of(new KeyPairFiles(certificate, key)), Version.TLS_1_2, List.of(), null);
    }
}
