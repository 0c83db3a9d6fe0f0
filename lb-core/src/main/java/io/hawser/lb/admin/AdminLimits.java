package io.hawser.lb.admin;

import java.time.Duration;

/**
 * What strangers may cost the admin server. Immutable.
 *
 * @param connections most connections on the port at a time; as many again on the unix socket
 * @param followers most live readers of /events at a time
 * @param head longest time from a request's first byte to its last
 * @param idle longest time without a request on an open connection
 * @param stalled longest time that a client may leave an answer unread
 */
record AdminLimits(int connections, int followers, Duration head, Duration idle, Duration stalled) {
    static final int MAX_LINE = 4 * 1024;
    static final int MAX_HEADER = 8 * 1024;

    static final AdminLimits DEFAULT =
            new AdminLimits(256, 32, Duration.ofSeconds(5), Duration.ofSeconds(75), Duration.ofSeconds(10));
}
