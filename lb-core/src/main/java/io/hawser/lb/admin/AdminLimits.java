package io.hawser.lb.admin;

import java.time.Duration;

/**
 * The limits of the admin server: what strangers may cost it. Immutable.
 *
 * @param connections most connections on the port at a time of all those together for whom no places are kept
 * @param perSource most connections of one source; so many are kept for loopback and for each node, and for the unix socket
 * @param followers most live readers of /events at a time, of all those together for whom no places are kept
 * @param followersPerSource most live readers of one source; fewer than {@code perSource}, as they are not asked to go
 * @param head longest time from a request's first byte to its last
 * @param idle longest time without a request on an open connection
 * @param stalled longest time that a client may leave an answer unread, and that an answer may take to be made
 */
record AdminLimits(
        int connections,
        int perSource,
        int followers,
        int followersPerSource,
        Duration head,
        Duration idle,
        Duration stalled) {
    static final int MAX_LINE = 4 * 1024;
    static final int MAX_HEADER = 8 * 1024;

    static final AdminLimits DEFAULT =
            new AdminLimits(128, 32, 32, 8, Duration.ofSeconds(5), Duration.ofSeconds(75), Duration.ofSeconds(10));

    AdminLimits {
        if (followersPerSource >= perSource || followers >= connections) {
            throw new IllegalArgumentException("live readers could take every place");
        }
    }
}
