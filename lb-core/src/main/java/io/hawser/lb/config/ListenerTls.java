package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.lb.tls.ServerSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How a listener ends TLS. Immutable; the files are read by the one who uses them, and again when they change.
 *
 * @param certificates chosen by the server name that the client asks for; at least one, and the first one is for every other name
 * @param minVersion the oldest version that is spoken
 * @param alpn protocols to agree on, best first; empty: the extension is not answered
 * @param clientAuth what is asked of clients; empty: nothing
 * @param ticketKeys absolute path of keys of session tickets that nodes share; empty: each process has its own
 */
public record ListenerTls(
        List<CertificateFiles> certificates,
        ServerSettings.Version minVersion,
        List<String> alpn,
        Optional<ClientAuth> clientAuth,
        Optional<Path> ticketKeys) {
    public ListenerTls {
        certificates = List.copyOf(certificates);
        requireNonNull(minVersion, "minVersion");
        alpn = List.copyOf(alpn);
        requireNonNull(clientAuth, "clientAuth");
        requireNonNull(ticketKeys, "ticketKeys");
    }
}
