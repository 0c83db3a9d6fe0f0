package io.hawser.vrrp;

import io.hawser.sysctl.linux.InterfaceAddress;
import io.hawser.sysctl.linux.Link;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The interface that the addresses of one virtual router belong on: the one that the router is on, or one made for its
 * virtual MAC address, which this class keeps in order. Vrrp thread; the {@link VirtualInterface} itself is only touched
 * in requests, by the thread "vrrp-changes".
 */
final class AddressCarrier {
    private final NetworkLink port;
    private final PendingChanges changes;
    private final RouterAlarms alarms;
    /** The virtual MAC address; null where the addresses are on the interface itself. */
    private final @Nullable Mac virtualMac;
    /** Belongs to the thread that carries out changes; null where the addresses are on the interface itself. */
    private final @Nullable VirtualInterface virtual;

    /** Whether the interface of the virtual MAC address is switched on, or about to be. */
    private boolean isRaised;
    /** What was found of the interface of the virtual MAC address. */
    private VirtualInterface.Seen seen = VirtualInterface.Seen.NOTHING;

    private boolean isMending;

    /**
     * Has found nothing yet.
     *
     * @param virtual makes the interface for the virtual MAC address; null where the addresses are on {@code port} itself
     */
    AddressCarrier(NetworkLink port, @Nullable VirtualInterface virtual, PendingChanges changes, RouterAlarms alarms) {
        this.port = port;
        this.changes = changes;
        this.alarms = alarms;
        this.virtual = virtual;
        this.virtualMac = virtual == null ? null : virtual.mac();
    }

    /** The index of the interface that the addresses belong on, 0 while there is none. */
    int place() {
        return virtualMac == null ? port.index() : seen.index();
    }

    /** The index of the interface of its virtual MAC address, 0 while there is none. */
    int virtualIndex() {
        return seen.index();
    }

    /** What was found on the interface of the virtual MAC address. */
    List<InterfaceAddress> virtualAddresses() {
        return virtual == null ? List.of() : seen.addresses();
    }

    /** The address that neighbours are to send to; null where there is none. */
    @Nullable
    Mac mac() {
        return virtualMac == null ? port.mac() : virtualMac;
    }

    /** The interface in words. */
    String where() {
        return virtualMac == null ? port.name() : "the interface of " + virtualMac + " on " + port.name();
    }

    /** Takes note that addresses are about to be put on, which switches the interface of the virtual MAC address on. */
    void raising() {
        isRaised = virtual != null;
    }

    /**
     * Takes what was read.
     *
     * @param view what was read; null when the kernel refused
     * @return whether it is as it should be; if not, it is to be mended
     */
    boolean take(@Nullable LinkView view) {
        if (virtual == null || virtualMac == null || view == null) {
            return true;
        }
        Link under = port.link();
        LinkView.Carrier found = view.carriers().get(seen.index());
        boolean isInOrder = under == null
                ? seen.index() == 0
                : found != null
                        && seen.parent() == under.index()
                        && VirtualInterface.isInOrder(found.link(), virtualMac, under, isRaised);
        if (isInOrder && found != null) {
            seen = new VirtualInterface.Seen(seen.index(), seen.parent(), found.addresses());
        }
        return isInOrder;
    }

    /**
     * Has the interface of the virtual MAC address made anew or put in order.
     *
     * @param then is told when that was tried; not where it is being tried already
     */
    void mend(LongConsumer then) {
        VirtualInterface broken = virtual;
        if (isMending || broken == null) {
            return;
        }
        isMending = true;
        Link under = port.link();
        changes.request(routes -> broken.refresh(routes, under), outcome -> {
            isMending = false;
            long now = System.nanoTime();
            switch (outcome) {
                case Netlink.Outcome.Done(VirtualInterface.Seen found) -> seen = found;
                case Netlink.Outcome.Refused(RuntimeException why) ->
                    alarms.cannotChange(
                            broken.mac(),
                            () -> "creating the interface for virtual MAC address " + broken.mac() + " failed: "
                                    + why.getMessage(),
                            now);
            }
            then.accept(now);
        });
    }

    /** Switches the interface of the virtual MAC address off, if it is on: its router holds no addresses. */
    void lower() {
        VirtualInterface raised = virtual;
        if (raised == null || !isRaised) {
            return;
        }
        isRaised = false;
        changes.request(
                routes -> {
                    raised.lower(routes);
                    return true;
                },
                outcome -> {
                    if (outcome instanceof Netlink.Outcome.Refused<Boolean>(RuntimeException why)) {
                        alarms.cannotChange(
                                "lower",
                                () -> "setting the interface of " + virtualMac + " down failed: " + why.getMessage(),
                                System.nanoTime());
                    }
                });
    }

    /** Deletes what was made for this router, which is never used again. */
    void close() {
        VirtualInterface made = virtual;
        if (made == null) {
            return;
        }
        changes.request(
                routes -> {
                    made.close(routes);
                    return true;
                },
                outcome -> {
                    if (outcome instanceof Netlink.Outcome.Refused<Boolean>(RuntimeException why)) {
                        alarms.cannotChange(
                                "close",
                                () -> "removing the interface of a virtual MAC address failed: " + why.getMessage(),
                                System.nanoTime());
                    }
                });
    }
}
