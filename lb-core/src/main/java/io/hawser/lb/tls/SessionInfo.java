package io.hawser.lb.tls;

import org.jspecify.annotations.Nullable;

/**
 * What a handshake has agreed on. Immutable.
 *
 * @param version such as {@code TLSv1.3}
 * @param cipher the suite's name in OpenSSL's spelling
 * @param alpn the application protocol; null when none was agreed on
 * @param serverName the server that the client asked for; null when it named none
 * @param resumed whether it goes on with an earlier session
 * @param peer the other side's certificate; null when it has sent none, now or in the session that is resumed
 */
public record SessionInfo(
        String version,
        String cipher,
        @Nullable String alpn,
        @Nullable String serverName,
        boolean resumed,
        @Nullable PeerCertificate peer) {}
