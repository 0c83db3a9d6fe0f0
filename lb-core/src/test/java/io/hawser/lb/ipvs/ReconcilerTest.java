package io.hawser.lb.ipvs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.lb.ipvs.ServiceTable.Entry;
import io.hawser.sysctl.linux.IpvsCounters;
import io.hawser.sysctl.linux.IpvsDestination;
import io.hawser.sysctl.linux.IpvsForwarding;
import io.hawser.sysctl.linux.IpvsService;
import io.hawser.testkit.Seed;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReconcilerTest {
    private static final IpvsService.Key KEY = new IpvsService.Address(6, InetAddress.ofLiteral("10.0.0.100"), 80);
    private static final IpvsService SERVICE = new IpvsService(KEY, "mh", IpvsService.FALLBACK | IpvsService.PORT);

    private static IpvsDestination member(int number, int weight) {
        return new IpvsDestination(InetAddress.ofLiteral("10.0.1." + number), 80, IpvsForwarding.DIRECT, weight);
    }

    private static ServiceTable table(IpvsService service, IpvsDestination... destinations) {
        return ServiceTable.of(List.of(new Entry(service, List.of(destinations))));
    }

    private static List<Operation> operations(ServiceTable desired, ServiceTable found) {
        return Reconciler.plan(desired, found, Set.of(KEY)).operations();
    }

    @Test
    void aTableThatIsRightGetsNoMessage() {
        ServiceTable right = table(SERVICE, member(1, 1), member(2, 2));
        assertEquals(List.of(), operations(right, right));
        assertEquals(new Reconciler.Plan(List.of(), List.of(), List.of()), Reconciler.plan(right, right, Set.of()));
    }

    @Test
    void aServiceThatIsNotThereIsMadeWithItsDestinationsInOrder() {
        ServiceTable desired = table(SERVICE, member(1, 1), member(2, 2));
        assertEquals(
                List.of(
                        new Operation.AddService(SERVICE),
                        new Operation.AddDestination(KEY, member(2, 2)),
                        new Operation.AddDestination(KEY, member(1, 1))),
                operations(desired, ServiceTable.EMPTY));
    }

    @Test
    void oneWeightIsOneMessage() {
        assertEquals(
                List.of(new Operation.SetDestination(KEY, member(2, 0))),
                operations(
                        table(SERVICE, member(1, 1), member(2, 0), member(3, 1)),
                        table(SERVICE, member(1, 1), member(2, 1), member(3, 1))));
    }

    @Test
    void aServiceIsChangedAndNeverMadeAnew() {
        var other = new IpvsService(KEY, "wlc", 0);
        assertEquals(
                List.of(new Operation.SetService(other)),
                operations(table(other, member(1, 1)), table(SERVICE, member(1, 1))));
    }

    @Test
    void aMemberThatComesBackGetsItsPlaceAndOnlyThoseBeforeItMove() {
        assertEquals(
                List.of(new Operation.AddDestination(KEY, member(2, 1)), new Operation.MoveToFront(KEY, member(1, 1))),
                operations(
                        table(SERVICE, member(1, 1), member(2, 1), member(3, 1)),
                        table(SERVICE, member(1, 1), member(3, 1))));
        // Where the order says nothing, nobody moves.
        var wlc = new IpvsService(KEY, "wlc", 0);
        assertEquals(
                List.of(new Operation.AddDestination(KEY, member(2, 1))),
                operations(
                        table(wlc, member(1, 1), member(2, 1), member(3, 1)), table(wlc, member(3, 1), member(1, 1))));
    }

    @Test
    void whatIsGoneIsDeleted() {
        assertEquals(
                List.of(new Operation.DeleteDestination(KEY, member(1, 1))),
                operations(table(SERVICE, member(2, 1)), table(SERVICE, member(1, 1), member(2, 1))));
        assertEquals(
                List.of(new Operation.DeleteService(KEY)),
                operations(ServiceTable.EMPTY, table(SERVICE, member(2, 1))));
    }

    @Test
    void whatOthersMadeIsLeftAlone() {
        ServiceTable desired = table(SERVICE, member(1, 1));
        ServiceTable found = table(SERVICE, member(1, 2));
        assertEquals(
                new Reconciler.Plan(List.of(), List.of(KEY), List.of()), Reconciler.plan(desired, found, Set.of()));
        assertEquals(
                new Reconciler.Plan(List.of(), List.of(), List.of(KEY)),
                Reconciler.plan(ServiceTable.EMPTY, found, Set.of()));
    }

    /** As many as the kernel's table for mh has room for. */
    @Test
    void aTableOfTheLargestSizeInReverseKeepsOneInPlace() {
        List<IpvsDestination> all = new ArrayList<>();
        for (int i = 0; i < 4_093; i++) {
            all.add(new IpvsDestination(
                    InetAddress.ofLiteral("10.1." + i / 256 + "." + i % 256), 80, IpvsForwarding.NAT, 1));
        }
        Entry want = Entry.canonical(SERVICE, all);
        Entry have = new Entry(SERVICE, want.destinations().reversed());
        List<Operation> operations = operations(ServiceTable.of(List.of(want)), ServiceTable.of(List.of(have)));
        assertEquals(4_092, operations.size());
        assertTrue(operations.stream().allMatch(Operation.MoveToFront.class::isInstance));
    }

    @Test
    void theCanonicalOrderIsThatOfNumbers() {
        Entry entry = Entry.canonical(SERVICE, List.of(member(200, 1), member(10, 1), member(9, 1)));
        assertEquals(List.of(member(9, 1), member(10, 1), member(200, 1)), entry.destinations());
        assertThrows(IllegalArgumentException.class, () -> table(SERVICE, member(1, 1), member(1, 2)));
        Entry one = Entry.canonical(SERVICE, List.of());
        assertThrows(IllegalArgumentException.class, () -> ServiceTable.of(List.of(one, one)));
    }

    /** From any table to any other: what is owned is as wanted, in the order that is wanted; a second look finds nothing to do. */
    @Test
    void anyTableBecomesTheOneThatIsWanted() {
        long seed = Seed.ofThisRun();
        for (int number = 0; number < 5_000; number++) {
            Random random = new Random(seed + number);
            String text = "seed " + seed + ", number " + number;
            ServiceTable desired = drawn(random, true);
            ServiceTable found = drawn(random, false);
            Set<IpvsService.Key> owned = new HashSet<>();
            for (IpvsService.Key key : found.entries().keySet()) {
                if (random.nextInt(3) > 0) {
                    owned.add(key);
                }
            }
            Reconciler.Plan plan = Reconciler.plan(desired, found, owned);
            KernelTable kernel = new KernelTable(found);
            plan.operations().forEach(kernel::apply);
            ServiceTable after = kernel.table();

            for (Entry want : desired.entries().values()) {
                IpvsService.Key key = want.service().key();
                Entry have = after.get(key);
                boolean isContested = plan.contested().contains(key);
                if (isContested) {
                    assertEquals(found.get(key), have, text);
                } else {
                    assertTrue(have != null && want.isLike(have), text);
                    if (want.service().scheduler().equals("mh")) {
                        assertEquals(addresses(want), addresses(have), text);
                    }
                }
            }
            for (IpvsService.Key key : plan.foreign()) {
                assertEquals(found.get(key), after.get(key), text);
            }
            Set<IpvsService.Key> now = new HashSet<>(owned);
            desired.entries().keySet().stream()
                    .filter(key -> !plan.contested().contains(key))
                    .forEach(now::add);
            assertEquals(List.of(), Reconciler.plan(desired, after, now).operations(), text);
            assertEquals(
                    List.of(),
                    plan.operations().stream()
                            .filter(each -> plan.contested().contains(each.key())
                                    || plan.foreign().contains(each.key()))
                            .toList(),
                    text);
        }
    }

    private static List<InetAddress> addresses(Entry entry) {
        return entry.destinations().stream().map(IpvsDestination::address).toList();
    }

    private static ServiceTable drawn(Random random, boolean isCanonical) {
        List<Entry> entries = new ArrayList<>();
        for (int port = 80; port < 84; port++) {
            if (random.nextInt(4) == 0) {
                continue;
            }
            List<IpvsDestination> destinations = new ArrayList<>();
            for (int i = 1; i <= 6; i++) {
                if (random.nextBoolean()) {
                    destinations.add(member(i, random.nextInt(3)));
                }
            }
            Collections.shuffle(destinations, random);
            var key = new IpvsService.Address(6, InetAddress.ofLiteral("10.0.0.100"), port);
            String scheduler = List.of("mh", "wlc").get(random.nextInt(2));
            int flags = random.nextInt(2) * IpvsService.PORT;
            var service = new IpvsService(key, scheduler, flags, 0, 32, IpvsCounters.NONE);
            entries.add(isCanonical ? Entry.canonical(service, destinations) : new Entry(service, destinations));
        }
        return ServiceTable.of(entries);
    }
}
