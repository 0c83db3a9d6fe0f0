package io.hawser.healthcheck;

import io.netty.handler.ssl.SslContext;
import org.jspecify.annotations.Nullable;

/** What a check needs from files, loaded. Passed from the loader to the health loop. */
sealed interface Credentials {

    /** Usable; {@code ssl} is null for checks without TLS, {@code token} where none is sent. */
    record Ready(@Nullable SslContext ssl, @Nullable String token) implements Credentials {
        @Override
        public String toString() {
            return "Ready[token=" + (token == null ? "none" : "hidden") + "]";
        }
    }

    /** A file is missing or of no use; the reason names it. */
    record Unusable(String reason) implements Credentials {}
}
