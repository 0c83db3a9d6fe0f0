package io.hawser.lb.ipvs;

import io.hawser.sysctl.linux.IpvsDestination;
import io.hawser.sysctl.linux.IpvsService;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
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
            for (int i = 0; i < destinations.size(); i++) {
                for (int j = 0; j < i; j++) {
                    if (destinations.get(i).isSame(destinations.get(j))) {
                        throw new IllegalArgumentException("twice the same destination: " + destinations.get(i));
                    }
                }
            }
        }

        /** An entry with its destinations in canonical order, as every node wants it. */
        static Entry canonical(IpvsService service, Collection<IpvsDestination> destinations) {
            return new Entry(service, destinations.stream().sorted(CANONICAL).toList());
        }

        /** The destination that is the same, whatever its weight, or null. */
        @Nullable
        IpvsDestination find(IpvsDestination other) {
            for (IpvsDestination each : destinations) {
                if (each.isSame(other)) {
                    return each;
                }
            }
            return null;
        }

        /** Whether the kernel would do the same with both, the order of the destinations aside. */
        boolean isLike(Entry other) {
            return service.isLike(other.service)
                    && destinations.size() == other.destinations.size()
                    && destinations.stream().allMatch(each -> {
                        IpvsDestination found = other.find(each);
                        return found != null && each.isLike(found);
                    });
        }
    }

    ServiceTable {
        entries = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(entries));
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
