package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.net.HostName;
import org.jspecify.annotations.Nullable;

/**
 * A TLS server name, or a wildcard for the names one label below it, as in certificates (RFC 9525 6.3). Immutable.
 *
 * @param host in lower case, without wildcard and without a dot at its end
 * @param isWildcard whether it stands for {@code host} with any one label before it, and not for {@code host} itself
 */
public record ServerName(String host, boolean isWildcard) {
    public ServerName {
        requireNonNull(host, "host");
    }

    /** Whether the name is this one, or one label below this wildcard; case and a dot at its end do not matter. */
    public boolean covers(String name) {
        String canonical = HostName.canonical(name);
        int dot = canonical.indexOf('.');
        return isWildcard ? dot > 0 && canonical.substring(dot + 1).equals(host) : canonical.equals(host);
    }

    /** The wildcard that stands for this name too; null for a name of one label, and for a wildcard. */
    @Nullable
    ServerName wildcardAbove() {
        int dot = host.indexOf('.');
        return isWildcard || dot <= 0 ? null : new ServerName(host.substring(dot + 1), true);
    }

    /** As it is written. */
    @Override
    public String toString() {
        return isWildcard ? "*." + host : host;
    }
}
