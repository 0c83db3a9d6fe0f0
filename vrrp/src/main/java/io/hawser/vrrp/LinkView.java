package io.hawser.vrrp;

import io.hawser.sysctl.linux.InterfaceAddress;
import io.hawser.sysctl.linux.Link;
import io.hawser.sysctl.linux.RouteSocket;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel has of an interface at one moment. Immutable.
 *
 * @param link the interface; null when there is none
 * @param addresses the addresses on it
 * @param neighbors the MAC addresses of the peers that are known
 * @param carriers the interfaces of virtual MAC addresses that were found, by index
 * @param opened the sockets that were lacking; null when there is no interface
 */
record LinkView(
        @Nullable Link link,
        List<InterfaceAddress> addresses,
        Map<InetAddress, Mac> neighbors,
        Map<Integer, Carrier> carriers,
        @Nullable OpenedSockets opened) {

    /** An interface of a virtual MAC address, and the addresses on it. Immutable. */
    record Carrier(Link link, List<InterfaceAddress> addresses) {}

    /**
     * Reads an interface from the kernel, for {@link NetworkLink#take}, and opens sockets on it. Any thread.
     *
     * @param peers whose MAC addresses are wanted
     * @param carriers the indexes of interfaces of virtual MAC addresses
     * @param lack the sockets to open
     */
    static LinkView read(
            RouteSocket routes, String name, Set<InetAddress> peers, Set<Integer> carriers, OpenedSockets.Lack lack) {
        Link link = routes.link(name);
        Map<Integer, Carrier> found = new HashMap<>();
        for (int index : carriers) {
            Link carrier = routes.link(index);
            if (carrier != null) {
                found.put(index, new Carrier(carrier, routes.addresses(index)));
            }
        }
        if (link == null) {
            return new LinkView(null, List.of(), Map.of(), found, null);
        }
        List<InterfaceAddress> addresses = routes.addresses(link.index());
        Map<InetAddress, Mac> neighbors = neighbors(routes, link.index(), peers);
        // At the end: what was opened would be lost with a request that is refused.
        return new LinkView(
                link, addresses, neighbors, found, OpenedSockets.on(link.index(), link.mac().length == 6, lack));
    }

    /** Reads the MAC addresses of neighbours that the kernel knows. Any thread. */
    static Map<InetAddress, Mac> neighbors(RouteSocket routes, int index, Set<InetAddress> of) {
        Map<InetAddress, Mac> found = new HashMap<>();
        for (InetAddress each : of) {
            byte[] mac = routes.neighbor(index, each);
            if (mac != null) {
                found.put(each, Mac.of(mac));
            }
        }
        return found;
    }
}
