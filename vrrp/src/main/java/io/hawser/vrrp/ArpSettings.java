package io.hawser.vrrp;

import io.hawser.sysctl.linux.Ipv4Setting;
import io.hawser.sysctl.linux.RouteSocket;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How an interface has to treat ARP while virtual addresses are on macvlans of it; what was found is put back. A process
 * that is killed leaves it so, which harms nobody: the node then speaks for itself only. Vrrp thread; the kernel is told
 * by the thread "vrrp-changes".
 */
final class ArpSettings {
    private static final Logger log = LoggerFactory.getLogger(ArpSettings.class);

    private final String interfaceName;
    private final Netlink changes;
    private boolean isRaised;
    /** Belongs to the thread that carries out changes. */
    private @Nullable Raised raised;

    /** Those of an interface, as they are. */
    ArpSettings(String interfaceName, Netlink changes) {
        this.interfaceName = interfaceName;
        this.changes = changes;
    }

    /**
     * Has the settings raised, unless they are, or there is no such interface.
     *
     * @param index the interface; 0 while there is none
     */
    void raise(int index) {
        if (isRaised || index == 0) {
            return;
        }
        isRaised = true;
        change("raising its ARP settings", routes -> {
            raised = new Raised(routes, index);
            return true;
        });
    }

    /** Has what was found put back, if they were raised. */
    void restore() {
        if (!isRaised) {
            return;
        }
        isRaised = false;
        change("putting its ARP settings back", routes -> {
            if (raised != null) {
                raised.restore(routes);
                raised = null;
            }
            return true;
        });
    }

    private void change(String what, Netlink.Request<Boolean> request) {
        changes.request(request, outcome -> {
            if (outcome instanceof Netlink.Outcome.Refused<Boolean>(RuntimeException why)) {
                log.atWarn()
                        .addKeyValue("interface", interfaceName)
                        .setCause(why)
                        .log("{} failed", what);
            }
        });
    }

    /** Settings that are raised, and what they were before. Thread "vrrp-changes". */
    private static final class Raised {
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
        Raised(RouteSocket routes, int index) {
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
}
