package io.hawser.lb.ipvs;

import io.hawser.lb.ipvs.ServiceTable.Entry;
import io.hawser.sysctl.linux.IpvsDestination;
import io.hawser.sysctl.linux.IpvsService;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The way from the table that the kernel has to the one that it should have. Level-triggered: start, reload and repair are all
 * the same comparison of the whole. Nothing is deleted that differs only in what can be changed, and nothing that belongs to
 * others is touched. Stateless.
 */
final class Reconciler {
    /** Schedulers whose choice depends on the order of the destinations. */
    private static final Set<String> ORDERED = Set.of("mh");

    private Reconciler() {}

    /**
     * What is to be done.
     *
     * @param operations in this order
     * @param contested services that are wanted, and that somebody else made otherwise; nothing is done about them
     * @param foreign services of others, which are only shown
     */
    record Plan(List<Operation> operations, List<IpvsService.Key> contested, List<IpvsService.Key> foreign) {
        Plan {
            operations = List.copyOf(operations);
            contested = List.copyOf(contested);
            foreign = List.copyOf(foreign);
        }
    }

    /**
     * Compares.
     *
     * @param desired what should be
     * @param found what the kernel has
     * @param owned services that this node has made, in this run or an earlier one
     */
    static Plan plan(ServiceTable desired, ServiceTable found, Set<IpvsService.Key> owned) {
        List<Operation> operations = new ArrayList<>();
        List<IpvsService.Key> contested = new ArrayList<>();
        List<IpvsService.Key> foreign = new ArrayList<>();
        for (Entry want : desired.entries().values()) {
            IpvsService.Key key = want.service().key();
            Entry have = found.get(key);
            if (have == null) {
                operations.add(new Operation.AddService(want.service()));
                add(want, want.destinations().size(), operations);
            } else if (owned.contains(key) || want.isLike(have)) {
                change(want, have, operations);
            } else {
                contested.add(key);
            }
        }
        for (IpvsService.Key key : found.entries().keySet()) {
            if (desired.get(key) == null) {
                if (owned.contains(key)) {
                    operations.add(new Operation.DeleteService(key));
                } else {
                    foreign.add(key);
                }
            }
        }
        return new Plan(operations, contested, foreign);
    }

    /** Adds the first destinations of an entry, the last one first, as each becomes the first of the kernel's list. */
    private static void add(Entry want, int count, List<Operation> operations) {
        for (int i = count - 1; i >= 0; i--) {
            operations.add(new Operation.AddDestination(
                    want.service().key(), want.destinations().get(i)));
        }
    }

    private static void change(Entry want, Entry have, List<Operation> operations) {
        IpvsService.Key key = want.service().key();
        if (!want.service().isLike(have.service())) {
            operations.add(new Operation.SetService(want.service()));
        }
        Map<InetSocketAddress, IpvsDestination> wantedByPlace = want.byPlace();
        Map<InetSocketAddress, IpvsDestination> foundByPlace = have.byPlace();
        for (IpvsDestination each : have.destinations()) {
            if (!wantedByPlace.containsKey(Entry.place(each))) {
                operations.add(new Operation.DeleteDestination(key, each));
            }
        }
        boolean isOrdered = ORDERED.contains(want.service().scheduler());
        int inPlace = isOrdered ? inPlace(want, have) : want.destinations().size();
        for (int i = want.destinations().size() - 1; i >= 0; i--) {
            IpvsDestination wanted = want.destinations().get(i);
            IpvsDestination now = foundByPlace.get(Entry.place(wanted));
            boolean isInPlace = i >= want.destinations().size() - inPlace;
            if (now == null) {
                operations.add(new Operation.AddDestination(key, wanted));
            } else if (!isInPlace) {
                operations.add(new Operation.MoveToFront(key, wanted));
            } else if (!now.isLike(wanted)) {
                operations.add(new Operation.SetDestination(key, wanted));
            }
        }
    }

    /**
     * How many of the last destinations are there in the order that is wanted, whatever stands between them: what stands there
     * is deleted, or goes to the front.
     */
    private static int inPlace(Entry want, Entry have) {
        int count = 0;
        int before = have.destinations().size();
        for (int i = want.destinations().size() - 1; i >= 0; i--) {
            int at = before - 1;
            while (at >= 0
                    && !have.destinations().get(at).isSame(want.destinations().get(i))) {
                at--;
            }
            if (at < 0) {
                return count;
            }
            before = at;
            count++;
        }
        return count;
    }
}
