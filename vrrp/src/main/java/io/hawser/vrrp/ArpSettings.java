package io.hawser.vrrp;

import io.hawser.sysctl.linux.Ipv4Setting;
import io.hawser.sysctl.linux.RouteSocket;
import java.util.EnumMap;
import java.util.Map;

/**
 * How an interface has to treat ARP while virtual addresses are on macvlans of it; what was found is put back. A process
 * that is killed leaves it so, which harms nobody: the node then speaks for itself only. Thread "vrrp-changes".
 */
final class ArpSettings {
    /*
     * The interface itself must not answer for an address that is on the macvlan (arp_ignore), nor ask for a client with
     * that address as the sender and its own MAC address (arp_announce): the client would send there from then on.
     */
    private static final Map<Ipv4Setting, Integer> LEAST =
            Map.of(Ipv4Setting.ARP_IGNORE, 1, Ipv4Setting.ARP_ANNOUNCE, 2);

    private final int index;
    private final Map<Ipv4Setting, Integer> before = new EnumMap<>(Ipv4Setting.class);

    /**
     * Raises the settings where they are lower.
     *
     * @param index the interface
     * @throws io.hawser.sysctl.linux.ErrnoException when the kernel refuses
     */
    ArpSettings(RouteSocket routes, int index) {
        this.index = index;
        LEAST.forEach((setting, least) -> {
            int found = routes.ipv4Setting(index, setting).orElse(least);
            if (found < least && routes.setIpv4(index, setting, least)) {
                before.put(setting, found);
            }
        });
    }

    /** Puts back what was found, where nobody changed it since. */
    void restore(RouteSocket routes) {
        before.forEach((setting, value) -> {
            if (routes.ipv4Setting(index, setting).orElse(value) == LEAST.getOrDefault(setting, value)) {
                routes.setIpv4(index, setting, value);
            }
        });
        before.clear();
    }
}
