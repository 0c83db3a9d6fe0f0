package io.hawser.lb.pem;

import java.nio.ByteBuffer;
import java.time.Instant;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * A revocation list without its entries. Immutable.
 *
 * @param entries how many entries it has
 * @param width bytes of the longest serial number
 * @param identity what no other list has: a digest and the signature
 */
record Head(
        X500Principal issuer,
        Instant thisUpdate,
        @Nullable Instant nextUpdate,
        Extensions.Scope scope,
        ListSignature signature,
        ByteBuffer identity,
        int entries,
        int width) {

    /** Bytes that its serial numbers take. */
    long bytes() {
        return (long) entries * width;
    }
}
