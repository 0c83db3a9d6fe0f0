package io.hawser.sysctl.linux;

import java.util.Locale;

/** Settings of an interface (Documentation/networking/ip-sysctl, {@code net.ipv4.conf.NAME}). Immutable. */
public enum Ipv4Setting {
    /** Whether a packet must have come by the interface that its source is reached by: 0 no, 1 yes, 2 by any. */
    RP_FILTER(8),
    /** Whether ARP is answered only where the answer would leave by the same interface. */
    ARP_FILTER(13),
    /** Which address ARP requests are sent with: 2 the best of this interface, never one of another interface. */
    ARP_ANNOUNCE(18),
    /** Which ARP requests are answered: 1 only those for addresses of the interface that they came by. */
    ARP_IGNORE(19);

    // The IPV4_DEVCONF numbers of linux/ip.h.
    private final int number;

    Ipv4Setting(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    /** Its name below {@code net.ipv4.conf.NAME}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
