package io.hawser.vrrp;

import io.hawser.sysctl.linux.ErrnoException;
import io.hawser.sysctl.linux.Link;
import io.hawser.sysctl.linux.RouteSocket;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Puts the addresses of one virtual router on an interface and takes them off it. Thread "vrrp-changes". */
final class AddressInstaller {
    /** Carries the addresses of a router with a virtual MAC address; null where the interface itself does. */
    private final @Nullable VirtualInterface virtual;

    /** The index of the interface that addresses were put on last, 0 for none; its name may have changed since. */
    private int putOn;

    AddressInstaller(@Nullable VirtualInterface virtual) {
        this.virtual = virtual;
    }

    /**
     * Asks for addresses to be put on.
     *
     * @param on the interface that the router is on; null while there is none
     * @param addresses the addresses
     * @param leaseSeconds how long the kernel keeps them unless renewed; 0 for ever
     * @param askedAt when the vrrp thread asked
     * @param longestNanos a request that is older than this is not carried out: the process was frozen, and the router may
     *     have to give up first
     */
    record Request(
            @Nullable Link on, List<VirtualAddress> addresses, int leaseSeconds, long askedAt, long longestNanos) {}

    /**
     * What came of a request.
     *
     * @param isTooLate whether nothing was tried
     * @param done the addresses that were put on, or taken off
     * @param refused why the kernel did not do it with the others
     */
    record Result(boolean isTooLate, Set<InetAddress> done, Map<VirtualAddress, ErrnoException> refused) {}

    /** Puts addresses on, or renews their lease. */
    Result put(RouteSocket routes, Request request) {
        if (System.nanoTime() - request.askedAt() > request.longestNanos()) {
            return new Result(true, Set.of(), Map.of());
        }
        Set<InetAddress> done = new HashSet<>();
        Map<VirtualAddress, ErrnoException> refused = new LinkedHashMap<>();
        for (VirtualAddress each : request.addresses()) {
            try {
                if (virtual != null && !virtual.isRaised()) {
                    virtual.raise(routes, request.on());
                }
                Link on = request.on();
                putOn = virtual != null ? virtual.index() : on == null ? 0 : on.index();
                routes.putAddress(putOn, each.address(), each.prefix(), request.leaseSeconds());
                done.add(each.address());
            } catch (ErrnoException e) {
                refused.put(each, e);
            }
        }
        return new Result(false, done, refused);
    }

    /**
     * Takes addresses off where they were put last, each after its neighbour entry. Until another node has them, packets to them still come here: with an
     * old entry the kernel sends them to who had the address before, which sends them back, until none is left; without
     * one it keeps them until the new owner is heard.
     *
     * @param here the index of the router's interface, 0 while there is none
     */
    Result remove(RouteSocket routes, List<VirtualAddress> addresses, int here) {
        Set<InetAddress> done = new HashSet<>();
        Map<VirtualAddress, ErrnoException> refused = new LinkedHashMap<>();
        for (VirtualAddress each : addresses) {
            try {
                if (here != 0) {
                    routes.forgetNeighbor(here, each.address());
                }
                if (putOn != 0) {
                    routes.removeAddress(putOn, each.address(), each.prefix());
                }
                done.add(each.address());
            } catch (ErrnoException e) {
                refused.put(each, e);
            }
        }
        return new Result(false, done, refused);
    }
}
