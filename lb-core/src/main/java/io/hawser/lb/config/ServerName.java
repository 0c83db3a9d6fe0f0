package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.util.Locale;

/**
 * A TLS server name, or a wildcard for the names one label below it, as in certificates (RFC 9525 6.3). Immutable.
 *
 * @param host in lower case, without wildcard
 * @param isWildcard whether it stands for {@code host} with any one label before it, and not for {@code host} itself
 */
public record ServerName(String host, boolean isWildcard) {
    public ServerName {
        requireNonNull(host, "host");
    }

    /** Whether the name is this one, or one label below this wildcard; the case does not matter (RFC 6066 3). */
    public boolean covers(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return isWildcard
                ? lower.indexOf('.') > 0
                        && lower.substring(lower.indexOf('.') + 1).equals(host)
                : lower.equals(host);
    }

    /** Whether every name of the other is also one of this. */
    boolean covers(ServerName other) {
        return other.isWildcard ? isWildcard && other.host.equals(host) : covers(other.host);
    }

    /** As it is written. */
    @Override
    public String toString() {
        return isWildcard ? "*." + host : host;
    }
}
