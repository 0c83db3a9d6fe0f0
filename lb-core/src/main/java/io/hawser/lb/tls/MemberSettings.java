package io.hawser.lb.tls;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The TLS settings of connections to members. Immutable.
 *
 * @param verify whether their certificates are checked
 * @param ca PEM: the authorities that may have issued them; needed to verify
 * @param serverName what they are asked for and what their certificate must be for; null for their address
 * @param certificate what they are shown when they ask; null for nothing
 */
public record MemberSettings(
        boolean verify,
        @Nullable Path ca,
        @Nullable String serverName,
        @Nullable KeyPairFiles certificate) {
    public MemberSettings {
        if (verify && ca == null) {
            throw new IllegalArgumentException("members cannot be verified without CA certificates");
        }
    }
}
