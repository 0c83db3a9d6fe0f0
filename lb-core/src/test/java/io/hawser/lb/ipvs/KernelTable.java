package io.hawser.lb.ipvs;

import io.hawser.sysctl.linux.IpvsDestination;
import io.hawser.sysctl.linux.IpvsService;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A table that behaves as the kernel's: a new destination is the first, and what does not fit is refused. Test thread. */
final class KernelTable {
    private final Map<IpvsService.Key, IpvsService> services = new LinkedHashMap<>();
    private final Map<IpvsService.Key, List<IpvsDestination>> destinations = new LinkedHashMap<>();

    KernelTable(ServiceTable before) {
        before.entries().forEach((key, entry) -> {
            services.put(key, entry.service());
            destinations.put(key, new ArrayList<>(entry.destinations()));
        });
    }

    void apply(Operation operation) {
        switch (operation) {
            case Operation.AddService add -> {
                refuseIf(services.containsKey(add.key()), operation);
                services.put(add.key(), add.service());
                destinations.put(add.key(), new ArrayList<>());
            }
            case Operation.SetService set -> {
                refuseIf(!services.containsKey(set.key()), operation);
                services.put(set.key(), set.service());
            }
            case Operation.DeleteService delete -> {
                refuseIf(services.remove(delete.key()) == null, operation);
                destinations.remove(delete.key());
            }
            case Operation.AddDestination add -> {
                refuseIf(index(add.key(), add.destination(), operation) >= 0, operation);
                destinations.get(add.key()).addFirst(add.destination());
            }
            case Operation.SetDestination set -> {
                int at = index(set.key(), set.destination(), operation);
                refuseIf(at < 0, operation);
                destinations.get(set.key()).set(at, set.destination());
            }
            case Operation.DeleteDestination delete -> {
                int at = index(delete.key(), delete.destination(), operation);
                refuseIf(at < 0, operation);
                destinations.get(delete.key()).remove(at);
            }
            case Operation.MoveToFront move -> {
                int at = index(move.key(), move.destination(), operation);
                refuseIf(at < 0, operation);
                destinations.get(move.key()).remove(at);
                destinations.get(move.key()).addFirst(move.destination());
            }
        }
    }

    private int index(IpvsService.Key key, IpvsDestination destination, Operation operation) {
        List<IpvsDestination> all = destinations.get(key);
        refuseIf(all == null, operation);
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).isSame(destination)) {
                return i;
            }
        }
        return -1;
    }

    private static void refuseIf(boolean isWrong, Operation operation) {
        if (isWrong) {
            throw new AssertionError("the kernel refuses " + operation);
        }
    }

    ServiceTable table() {
        List<ServiceTable.Entry> entries = new ArrayList<>();
        services.forEach((key, service) -> entries.add(new ServiceTable.Entry(service, destinations.get(key))));
        return ServiceTable.of(entries);
    }
}
