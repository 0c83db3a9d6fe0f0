package io.hawser.lb.inspect;

import org.jspecify.annotations.Nullable;

/**
 * What is known of a client's TLS that ended here. Immutable.
 *
 * @param version as OpenSSL writes it, {@code TLSv1.3}
 * @param cipher the suite's name
 * @param clientName common name of the client's certificate; null without one
 * @param isVerified whether the client's certificate was verified
 */
public record TlsFacts(
        String version, String cipher, @Nullable String clientName, boolean isVerified) {}
