package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import java.net.InetSocketAddress;
import java.nio.file.Path;

/**
 * Where the process answers questions and takes commands. Immutable.
 *
 * @param bind address of the read-only HTTP endpoint
 * @param socket absolute path of the unix socket that takes commands
 * @param haproxyNames whether metrics have a second name, HAProxy's, where it has one
 */
public record Admin(InetSocketAddress bind, Path socket, boolean haproxyNames) {
    public Admin {
        requireNonNull(bind, "bind");
        requireNonNull(socket, "socket");
    }
}
