package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.util.Locale;

/**
 * A TLS server name, or a wildcard for all names below one. Immutable.
 *
 * @param host in lower case, without wildcard
 * @param isWildcard whether it stands for every name below {@code host}, at any depth, and not for {@code host} itself
 */
public record ServerName(String host, boolean isWildcard) {
    public ServerName {
        requireNonNull(host, "host");
    }

    /** Whether the name is this one, or below this wildcard; the case does not matter (RFC 6066 3). */
    public boolean covers(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return isWildcard ? lower.length() > host.length() + 1 && lower.endsWith("." + host) : lower.equals(host);
    }

    /** Whether every name of the other is also one of this. */
    boolean covers(ServerName other) {
        return other.isWildcard ? isWildcard && (other.host.equals(host) || covers(other.host)) : covers(other.host);
    }

    /** As it is written. */
    @Override
    public String toString() {
        return isWildcard ? "*." + host : host;
    }
}
