package io.hawser.vrrp;

import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.linux.InterfaceAddress;
import io.hawser.sysctl.linux.InterfaceSettings;
import io.hawser.sysctl.linux.Ipv4Setting;
import io.hawser.sysctl.linux.Link;
import io.hawser.sysctl.linux.RouteSocket;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The interface that carries the addresses of one virtual router with its virtual MAC address: a macvlan on the router's
 * interface. Made again whenever that one, or it itself, was deleted. Thread "vrrp-changes".
 */
final class VirtualInterface {

    /*
     * Mode bridge, not private as Keepalived has it: every node of the router has the same virtual MAC address, and in
     * private mode the kernel takes a multicast frame from that address for one of the macvlan's own and gives it to the
     * macvlan alone (macvlan_handle_frame). While it is on, the peers' advertisements would arrive there instead of at
     * the interface, and two active nodes would not hear each other.
     *
     * It is off while the router does not hold its addresses: RFC 9568 6.4.2 wants frames to the virtual MAC address
     * discarded then, and with IP forwarding a node would send back what a switch floods to all its ports.
     *
     * It answers ARP only for its own addresses (arp_ignore 1): when the process was killed and the kernel has taken
     * the addresses away, an interface is left that answers nothing. And it takes packets whose sender is reached by
     * the other interface (rp_filter 2), since answers leave by the routes, which are not changed: the setting in force
     * is the larger one of "all" and this one, so that a strict "all" needs no change.
     */

    private static final Logger log = LoggerFactory.getLogger(VirtualInterface.class);
    private static final Pattern NAME = Pattern.compile("vrrp([46])-(\\d{1,3})-[0-9a-z]+");
    private static final int NAME_LENGTH = 15;

    private final Family family;
    private final int vrid;
    private final Mac mac;
    private boolean isRaised;
    private int parent;
    private @Nullable Link link;

    /**
     * What was found of it.
     *
     * @param index its index, 0 while there is none
     * @param parent the index of the interface that it is on
     * @param addresses the addresses on it
     */
    record Seen(int index, int parent, List<InterfaceAddress> addresses) {
        static final Seen NOTHING = new Seen(0, 0, List.of());

        Seen {
            addresses = List.copyOf(addresses);
        }
    }

    VirtualInterface(Family family, int vrid) {
        this.family = family;
        this.vrid = vrid;
        this.mac = Mac.virtual(family, vrid);
    }

    /**
     * Deletes the interfaces that a killed process left behind: told from others by kind, name and MAC address.
     *
     * @throws ErrnoException when the kernel refuses
     */
    static void removeLeftOvers(RouteSocket routes) {
        for (Link each : routes.links()) {
            if (isLeftOver(each)) {
                log.atInfo()
                        .addKeyValue("interface", each.name())
                        .log("removing an interface that an earlier process left behind");
                routes.removeLink(each.index());
            }
        }
    }

    static boolean isLeftOver(Link link) {
        Matcher name = NAME.matcher(link.name());
        if (!link.kind().equals("macvlan") || link.mac().length != 6 || !name.matches()) {
            return false;
        }
        Family family = name.group(1).equals("4") ? Family.IPV4 : Family.IPV6;
        int vrid = Integer.parseInt(name.group(2));
        return vrid <= 255 && Mac.of(link.mac()).equals(Mac.virtual(family, vrid));
    }

    /** Such as {@code vrrp4-51-2}: family, VRID, and the index of the other interface to base 36. */
    static String name(Family family, int vrid, int parent) {
        String name = "vrrp" + (family == Family.IPV4 ? 4 : 6) + "-" + vrid + "-" + Integer.toString(parent, 36);
        if (name.length() > NAME_LENGTH) {
            throw new IllegalArgumentException("interface index " + parent + " makes the name " + name + " too long");
        }
        return name;
    }

    /** The virtual MAC address. */
    Mac mac() {
        return mac;
    }

    /** Its index, 0 while there is none. */
    int index() {
        return link == null ? 0 : link.index();
    }

    /** Whether {@link #raise} was called last. */
    boolean isRaised() {
        return isRaised;
    }

    /**
     * Reads it from the kernel, and makes it if there is none though the router's interface is there.
     *
     * @param under the router's interface, null while there is none
     * @throws ErrnoException when it could not be made
     */
    Seen refresh(RouteSocket routes, @Nullable Link under) {
        if (link != null) {
            Link now = routes.link(link.index());
            // An index may be given to another interface after a deletion that was missed.
            link = now != null && mac.equals(macOf(now)) ? now : null;
        }
        if (under == null) {
            remove(routes);
            return Seen.NOTHING;
        }
        if (link != null && under.index() != parent) {
            remove(routes);
        }
        if (link == null) {
            make(routes, under);
        } else if (link.mtu() != under.mtu()) {
            routes.setMtu(link.index(), under.mtu());
        }
        if (isRaised && link != null && !link.up()) {
            routes.setUp(link.index(), true);
        }
        return new Seen(index(), parent, routes.addresses(index()));
    }

    /** Whether an interface is one with this virtual MAC address, as it should be on the router's interface. */
    static boolean isInOrder(Link found, Mac mac, Link under, boolean isRaised) {
        return mac.equals(macOf(found)) && found.mtu() == under.mtu() && (found.up() || !isRaised);
    }

    private static @Nullable Mac macOf(Link link) {
        return link.mac().length == 6 ? Mac.of(link.mac()) : null;
    }

    private void make(RouteSocket routes, Link under) {
        String name = name(family, vrid, under.index());
        int index = routes.createMacvlan(name, under.index(), mac.bytes());
        parent = under.index();
        try {
            routes.setIpv4(index, Ipv4Setting.ARP_IGNORE, 1);
            routes.setIpv4(index, Ipv4Setting.ARP_FILTER, 0);
            routes.setIpv4(index, Ipv4Setting.RP_FILTER, 2);
            quietIpv6(name);
        } catch (ErrnoException e) {
            routes.removeLink(index);
            throw e;
        }
        link = routes.link(index);
    }

    // With IPv6 it would make an address of its own of what routers announce, the same on every node.
    private void quietIpv6(String name) {
        Map<String, Integer> settings = family == Family.IPV4
                ? Map.of("disable_ipv6", 1)
                : Map.of("disable_ipv6", 0, "accept_ra", 0, "autoconf", 0, "accept_dad", 0);
        settings.forEach((key, value) -> {
            try {
                InterfaceSettings.setIpv6(name, key, value);
            } catch (IOException e) {
                log.atWarn()
                        .addKeyValue("setting", "net.ipv6.conf." + name + "." + key)
                        .addKeyValue("value", value)
                        .addKeyValue("error", e.toString())
                        .log("the interface of a virtual MAC address keeps the kernel's default");
            }
        });
    }

    /**
     * Switches it on, before addresses are put on it. Made first if somebody deleted it.
     *
     * @param under the router's interface, null while there is none
     * @throws ErrnoException when the kernel refuses
     */
    void raise(RouteSocket routes, @Nullable Link under) {
        isRaised = true;
        if (link == null || !routes.setUp(link.index(), true)) {
            link = null;
            var _ = refresh(routes, under);
        }
    }

    /** Switches it off, after the addresses were taken off it; waits for the kernel's other processors. */
    void lower(RouteSocket routes) {
        isRaised = false;
        if (link != null) {
            routes.setUp(link.index(), false);
        }
    }

    private void remove(RouteSocket routes) {
        if (link != null) {
            routes.removeLink(link.index());
            link = null;
        }
    }

    /** Deletes it. */
    void close(RouteSocket routes) {
        isRaised = false;
        remove(routes);
    }
}
