package io.hawser.vrrp;

import io.hawser.sysctl.linux.InterfaceAddress;
import io.hawser.sysctl.net.AddressText;
import io.hawser.vrrp.election.AlarmKind;
import io.hawser.vrrp.election.RouterState;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the addresses of one virtual router on its interface while the router holds them, and off it otherwise: has them
 * put on, renewed and taken off, and corrects what the kernel has otherwise. Vrrp thread, which only asks;
 * {@link AddressInstaller} does it, on the thread "vrrp-changes".
 */
final class AddressLeases {
    /** A change of an address that failed is tried again after this. */
    private static final long RETRY_NANOS = 100_000_000L;

    /**
     * Linux (6.18) ends a lease by the time at which it began to wait for its lock, so that a renewal which came first in
     * the queue does not help.
     */
    private static final long LAPSING_NANOS = 1_000_000_000L;

    /** Whose addresses these are. Called on the vrrp thread. */
    interface Owner {
        /** Addresses are on the interface that were not, so that neighbours are to be told. */
        void areOn(long now);

        /** What was to be taken off is off, or could not be taken off. */
        void areOff(long now);
    }

    private final NetworkLink port;
    private final AddressCarrier carrier;
    private final PendingChanges changes;
    private final RouterAlarms alarms;
    private final Owner owner;
    /** Belongs to the thread that carries out changes. */
    private final AddressInstaller installer;

    private RouterSpec spec;
    /** After this, a peer may be active. */
    private long stallNanos;

    private Set<InetAddress> present = Set.of();
    private boolean isHolding;

    /** How many of the changes asked for and not answered put addresses on, and take them off. */
    private int puts;

    private int removals;
    private long renewAt;
    /** Until when a lease that ended is not somebody else's doing: the kernel came to its renewal too late. */
    private long lapsingUntil = System.nanoTime();
    /** Whether the kernel has said that an address is gone which was put on. */
    private boolean isGone;

    /** Holds nothing yet; {@code installer} is used by nobody else. */
    AddressLeases(
            RouterSpec spec,
            NetworkLink port,
            AddressCarrier carrier,
            AddressInstaller installer,
            PendingChanges changes,
            RouterAlarms alarms,
            Owner owner) {
        this.spec = spec;
        this.stallNanos = spec.election().stallNanos();
        this.port = port;
        this.carrier = carrier;
        this.installer = installer;
        this.changes = changes;
        this.alarms = alarms;
        this.owner = owner;
    }

    /** Takes new parameters; what follows from them is asked for by {@link #release} and {@link #put}. */
    void reconfigure(RouterSpec next) {
        spec = next;
        stallNanos = next.election().stallNanos();
    }

    /** Whether the router holds its addresses, or has asked for that. */
    boolean isHolding() {
        return isHolding;
    }

    /** The addresses that are on the interface as far as is known. */
    Set<InetAddress> present() {
        return present;
    }

    /** Whether an order to take addresses off was not answered yet. */
    boolean isRemoving() {
        return removals > 0;
    }

    /** Whether {@code address} is one of this router's. */
    boolean owns(InetAddress address) {
        for (VirtualAddress each : spec.holding().addresses()) {
            if (each.address().equals(address)) {
                return true;
            }
        }
        return false;
    }

    /** Whether an address is on the interface just as this router puts it there: nothing to look after. */
    boolean isAsPut(InterfaceAddress found) {
        return isHeld(found) && !outlivesLease(found);
    }

    private boolean isHeld(InterfaceAddress found) {
        return isHolding
                && found.interfaceIndex() == carrier.place()
                && spec.holding().addresses().contains(new VirtualAddress(found.address(), found.prefix()));
    }

    private boolean outlivesLease(InterfaceAddress found) {
        return spec.holding()
                .lease()
                .filter(lease -> found.permanent() || found.validSeconds() > lease.toSeconds())
                .isPresent();
    }

    /** Takes note of an address that the kernel has removed. */
    void removed(InterfaceAddress gone) {
        isGone |= isHeld(gone);
    }

    /** Holds the addresses from now on. */
    void hold(long now) {
        isHolding = true;
        put(now);
    }

    /** Holds them no longer. */
    void giveUp() {
        isHolding = false;
        release(spec.holding().addresses());
    }

    /** Puts the addresses on the interface, or renews their lease. */
    void put(long now) {
        put(now, null);
    }

    /** Renews the leases when that is due, and puts back what lapsed. */
    void upkeep(long now) {
        putBackLapsed(now);
        if (isRenewing() && now - renewAt >= 0) {
            put(now);
        }
    }

    /** When {@link #upkeep} is due, or {@code latest} if that is sooner. */
    long dueAt(long latest) {
        return isRenewing() && renewAt - latest < 0 ? renewAt : latest;
    }

    private boolean isRenewing() {
        return isHolding && puts == 0;
    }

    /** Puts back what a lease has ended that could not be renewed in time, without a look: it is known what is missing. */
    private void putBackLapsed(long now) {
        if (!isGone || !isHolding || puts > 0 || now - lapsingUntil >= 0) {
            return;
        }
        alarms.complain(
                AlarmKind.KERNEL_BUSY,
                "lease",
                () -> "a lease of "
                        + spec.holding().lease().map(Duration::toSeconds).orElse(0L)
                        + " s expired before the kernel renewed it: the addresses are put back",
                now);
        put(now);
    }

    /** @param correction what to say when that has put something right; null when it is nothing to speak of */
    private void put(long now, @Nullable String correction) {
        int lease = spec.holding().lease().map(Duration::toSeconds).orElse(0L).intValue();
        AddressInstaller.Request request = new AddressInstaller.Request(
                port.link(), spec.holding().addresses(), lease, System.nanoTime(), stallNanos);
        carrier.raising();
        isGone = false;
        puts++;
        changes.request(routes -> installer.put(routes, request), outcome -> {
            puts--;
            if (spec.holding().lease().filter(each -> isLate(request, each)).isPresent()) {
                lapsingUntil = System.nanoTime() + LAPSING_NANOS;
            }
            // A quarter: one renewal may fail and one be late before the kernel takes the address away.
            renewAt =
                    now + spec.holding().lease().map(each -> each.toNanos() / 4).orElse(10_000_000_000L);
            switch (outcome) {
                case Netlink.Outcome.Done(AddressInstaller.Result result) ->
                    putDone(result, correction, System.nanoTime());
                case Netlink.Outcome.Refused(RuntimeException why) -> {
                    renewAt = System.nanoTime() + RETRY_NANOS;
                    alarms.cannotChange(
                            "put",
                            () -> "putting the addresses on " + carrier.where() + " failed: " + why,
                            System.nanoTime());
                }
            }
            putBackLapsed(System.nanoTime());
        });
    }

    private static boolean isLate(AddressInstaller.Request request, Duration lease) {
        return System.nanoTime() - request.askedAt() > lease.toNanos() / 4;
    }

    private void putDone(AddressInstaller.Result result, @Nullable String correction, long now) {
        if (result.isTooLate()) {
            renewAt = now;
            return;
        }
        result.refused().forEach((each, why) -> {
            renewAt = now + RETRY_NANOS;
            alarms.cannotChange(
                    each, () -> "putting " + each + " on " + carrier.where() + " failed: " + why.getMessage(), now);
        });
        boolean isNew = !present.containsAll(result.done());
        if (!present.equals(result.done())) {
            present = Set.copyOf(result.done());
        }
        if (isNew && isHolding) {
            owner.areOn(now);
        }
        if (correction != null) {
            corrected(now, correction);
        }
    }

    /** Has addresses taken off. */
    void release(List<VirtualAddress> addresses) {
        removals++;
        int here = port.index();
        changes.request(routes -> installer.remove(routes, addresses, here), outcome -> {
            removals--;
            long now = System.nanoTime();
            switch (outcome) {
                case Netlink.Outcome.Done(AddressInstaller.Result result) -> {
                    present = without(result.done());
                    result.refused().forEach((each, why) -> cannotTakeOff(each, why, now));
                }
                case Netlink.Outcome.Refused(RuntimeException why) ->
                    addresses.forEach(each -> cannotTakeOff(each, why, now));
            }
            owner.areOff(now);
        });
    }

    private Set<InetAddress> without(Set<InetAddress> gone) {
        return present.stream().filter(each -> !gone.contains(each)).collect(Collectors.toUnmodifiableSet());
    }

    private void cannotTakeOff(VirtualAddress address, RuntimeException why, long now) {
        alarms.cannotChange(
                address.address(),
                () -> "taking " + AddressText.of(address.address()) + " off " + carrier.where() + " failed: "
                        + why.getMessage(),
                now);
    }

    /**
     * Makes what the kernel has agree with what it should have.
     *
     * @param state the router's, for what is said
     */
    void reconcile(RouterState state, long now) {
        Set<VirtualAddress> missing = new LinkedHashSet<>(spec.holding().addresses());
        boolean isUnleased = false;
        List<InterfaceAddress> all = new ArrayList<>(port.addresses());
        all.addAll(carrier.virtualAddresses());
        for (InterfaceAddress each : all) {
            if (!owns(each.address())) {
                continue;
            }
            VirtualAddress as = new VirtualAddress(each.address(), each.prefix());
            if (isHolding && each.interfaceIndex() == carrier.place() && missing.remove(as)) {
                isUnleased |= outlivesLease(each);
            } else {
                // Over IPv6 an address cannot be there twice: the right one comes back below.
                takeOff(
                        each,
                        as + " was on " + port.name() + " although this router is "
                                + (isHolding ? "active with another prefix or interface" : state.label())
                                + ": taken off");
            }
        }
        if (!isHolding) {
            present = Set.of();
            return;
        }
        present = spec.holding().addresses().stream()
                .filter(each -> !missing.contains(each))
                .map(VirtualAddress::address)
                .collect(Collectors.toUnmodifiableSet());
        if (!missing.isEmpty() && port.isUp()) {
            String gone = missing.stream().map(VirtualAddress::toString).collect(Collectors.joining(", "));
            put(now, gone + " was gone from " + port.name() + " although this router is active: put back");
        } else if (isUnleased) {
            put(
                    now,
                    "an address was on " + port.name() + " for longer than its lease of "
                            + spec.holding().lease().map(Duration::toSeconds).orElse(0L)
                            + " s, so it would have outlived this process: corrected");
        }
    }

    /** Takes an address off an interface that it should not be on, and says so if it was there. */
    private void takeOff(InterfaceAddress stray, String correction) {
        VirtualAddress as = new VirtualAddress(stray.address(), stray.prefix());
        changes.request(
                routes -> routes.removeAddress(stray.interfaceIndex(), stray.address(), stray.prefix()), outcome -> {
                    long now = System.nanoTime();
                    switch (outcome) {
                        case Netlink.Outcome.Done(Boolean wasThere) when wasThere -> corrected(now, correction);
                        case Netlink.Outcome.Done(Boolean _) -> {}
                        case Netlink.Outcome.Refused(RuntimeException why) -> cannotTakeOff(as, why, now);
                    }
                });
    }

    private void corrected(long now, String text) {
        // Each is a fact of its own, but something that never ends to change addresses must not fill the events.
        alarms.complain(AlarmKind.ADDRESS_CORRECTED, new Object(), () -> text, now);
    }
}
