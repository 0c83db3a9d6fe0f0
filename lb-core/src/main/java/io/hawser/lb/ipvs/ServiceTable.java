package io.hawser.lb.ipvs;

import io.hawser.sysctl.linux.IpvsDestination;
import io.hawser.sysctl.linux.IpvsService;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Virtual services of IPVS with their destinations: what should be, or what the kernel has. Immutable.
 *
 * @param entries by what a service is known by, in the order in which they were given
 */
record ServiceTable(Map<IpvsService.Key, Entry> entries) {
    /** Nothing. */
    static final ServiceTable EMPTY = new ServiceTable(Map.of());

    /**
     * The one order of destinations that every node uses: by address, then by port. A hash of two nodes agrees only when the
     * order does.
     */
    static final Comparator<IpvsDestination> CANONICAL = Comparator.<IpvsDestination, byte[]>comparing(
                    destination -> destination.address().getAddress(),
                    Comparator.<byte[]>comparingInt(address -> address.length).thenComparing(Arrays::compareUnsigned))
            .thenComparingInt(IpvsDestination::port);

    /**
     * A service and its destinations.
     *
     * @param service the service
     * @param destinations in the order of the kernel's list; no two are the same
     */
    record Entry(IpvsService service, List<IpvsDestination> destinations) {
        Entry {
            Objects.requireNonNull(service, "service");
            destinations = List.copyOf(destinations);
            if (byPlace(destinations).size() < destinations.size()) {
                throw new IllegalArgumentException("twice the same destination of " + service.key());
            }
        }

        /** An entry with its destinations in canonical order, as every node wants it. */
        static Entry canonical(IpvsService service, Collection<IpvsDestination> destinations) {
            return new Entry(service, destinations.stream().sorted(CANONICAL).toList());
        }

        /** The destinations by {@link #place}; made anew by each call. */
        Map<InetSocketAddress, IpvsDestination> byPlace() {
            return byPlace(destinations);
        }

        private static Map<InetSocketAddress, IpvsDestination> byPlace(List<IpvsDestination> destinations) {
            Map<InetSocketAddress, IpvsDestination> byPlace = new HashMap<>();
            destinations.forEach(each -> byPlace.put(place(each), each));
            return byPlace;
        }

        /** What two destinations that are the same have in common, whatever their weight. */
        static InetSocketAddress place(IpvsDestination destination) {
            return new InetSocketAddress(destination.address(), destination.port());
        }

        /** Whether the kernel would do the same with both, the order of the destinations aside. */
        boolean isLike(Entry other) {
            Map<InetSocketAddress, IpvsDestination> others = other.byPlace();
            return service.isLike(other.service)
                    && destinations.size() == others.size()
                    && destinations.stream().allMatch(each -> {
                        IpvsDestination found = others.get(place(each));
                        return found != null && each.isLike(found);
                    });
        }
    }

    ServiceTable {
        entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    /** A table of these. */
    static ServiceTable of(Collection<Entry> entries) {
        Map<IpvsService.Key, Entry> byKey = new LinkedHashMap<>();
        for (Entry each : entries) {
            if (byKey.put(each.service().key(), each) != null) {
                throw new IllegalArgumentException(
                        "twice the same service: " + each.service().key());
            }
        }
        return new ServiceTable(byKey);
    }

    /** The entry of a service, or null. */
    @Nullable
    Entry get(IpvsService.Key key) {
        return entries.get(key);
    }
}
