package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * Section {@code admin}: where the process answers over HTTP and takes commands. Immutable.
 *
 * @param bind address of the read-only HTTP endpoint
 * @param socket absolute path of the unix socket that takes commands
 * @param hosts further names by which the endpoint is asked
 * @param haproxyNames whether metrics have a second name, HAProxy's, where it has one
 */
public record Admin(InetSocketAddress bind, Path socket, List<String> hosts, boolean haproxyNames) {
    /** The socket where none is written. */
    public static final Path DEFAULT_SOCKET = Path.of("/run/hawser/hawser.sock");

    /** The port where none is written. */
    public static final int DEFAULT_PORT = 9100;

    public Admin {
        hosts = List.copyOf(hosts);
        requireNonNull(bind, "bind");
        requireNonNull(socket, "socket");
    }
}
