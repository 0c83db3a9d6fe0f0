package io.hawser.vrrp;

import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One advertisement as it passed an interface. Immutable.
 *
 * @param at when, wall clock, for people
 * @param isOutgoing whether this host sent it
 * @param mac the MAC address that the frame came from, as text
 * @param source its sender
 * @param destination where it goes
 * @param ttl TTL or hop limit
 * @param vrid the VRID that it claims; -1 when it is too short for one
 * @param content what it says; empty when it could not be read, and {@code warnings} says why
 * @param warnings what somebody should look at, in words; the same about the same sender once a minute
 */
public record ObservedAdvert(
        Instant at,
        boolean isOutgoing,
        String mac,
        InetAddress source,
        InetAddress destination,
        int ttl,
        int vrid,
        Optional<Content> content,
        List<String> warnings) {

    /**
     * What an advertisement says.
     *
     * @param version 2 or 3
     * @param priority 0 (resigning) to 255 (owner)
     * @param interval its advertisement interval
     * @param addresses the virtual addresses, in order
     * @param checksum {@code message} or {@code pseudo-header}: what the checksum covers
     * @param authentication {@code none}, {@code pass} or {@code type N}; never the password
     */
    public record Content(
            int version,
            int priority,
            Duration interval,
            List<InetAddress> addresses,
            String checksum,
            String authentication) {
        public Content {
            addresses = List.copyOf(addresses);
        }
    }

    public ObservedAdvert {
        warnings = List.copyOf(warnings);
    }
}
