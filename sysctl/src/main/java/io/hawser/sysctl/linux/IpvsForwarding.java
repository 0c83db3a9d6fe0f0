package io.hawser.sysctl.linux;

import org.jspecify.annotations.Nullable;

/** How packets reach a destination of IPVS. Immutable. */
public enum IpvsForwarding {
    /** Its address and port replace the virtual ones; its answers must come back through this host. */
    NAT(0),
    /** This host itself. */
    LOCAL(1),
    /** Inside a packet of their own to it; it has the virtual address too. */
    TUNNEL(2),
    /** As they are, to its MAC address; it has the virtual address too. */
    DIRECT(3),
    /** Past the virtual service, as a transparent cache has it. */
    BYPASS(4);

    /** The other bits say how entries of the table came to be. */
    private static final int MASK = 0x7;

    private final int number;

    IpvsForwarding(int number) {
        this.number = number;
    }

    /** The number in linux/ip_vs.h. */
    int number() {
        return number;
    }

    /** The method of a number, or null when there is none. */
    static @Nullable IpvsForwarding of(int number) {
        for (IpvsForwarding each : values()) {
            if (each.number == (number & MASK)) {
                return each;
            }
        }
        return null;
    }
}
