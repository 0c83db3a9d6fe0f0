package io.hawser.lb.config;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * A member as it is written. Immutable.
 *
 * @param text all of it
 * @param host the host without brackets
 * @param port 1 to 65535
 * @param literal the host's address when it is one; null: the host is a name
 */
record HostPort(
        String text, String host, int port, @Nullable InetAddress literal) {}
