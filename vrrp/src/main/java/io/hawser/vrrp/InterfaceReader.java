package io.hawser.vrrp;

import io.hawser.sysctl.linux.LinuxException;
import io.hawser.sysctl.linux.Poller;
import io.hawser.sysctl.linux.RouteEvent;
import io.hawser.sysctl.linux.RouteMonitor;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears from the kernel which interfaces changed, has those read by the thread "vrrp-reads", and hands what was read to
 * the interface and its routers. What is heard is only marked; it is read at the end of a turn, after the timers. Vrrp
 * thread.
 */
final class InterfaceReader implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(InterfaceReader.class);
    private static final long READ_BACK_NANOS = 10_000_000_000L;
    private static final long READ_AGAIN_NANOS = 100_000_000L;

    private final RouterSet routers;
    private final KernelThreads kernel;
    private final InputGuard guard;
    private final Set<NetworkLink> changed = new HashSet<>();
    private final Set<NetworkLink> beingRead = new HashSet<>();
    private long readBackAt;
    private @Nullable RouteMonitor monitor;

    InterfaceReader(RouterSet routers, KernelThreads kernel, InputGuard guard) {
        this.routers = routers;
        this.kernel = kernel;
        this.guard = guard;
    }

    /**
     * Hears from the kernel from now on.
     *
     * @throws io.hawser.sysctl.linux.ErrnoException when there is no socket to be had
     */
    void open(Poller poller) {
        monitor = RouteMonitor.open();
        poller.register(monitor.fd());
    }

    /** Marks an interface that is to be read. */
    void mark(NetworkLink port) {
        changed.add(port);
    }

    /** When all interfaces are read without being asked for: something may have been missed. */
    long readBackAt() {
        return readBackAt;
    }

    /** Puts off the reading of all. */
    void putOffReadBack(long now) {
        readBackAt = now + READ_BACK_NANOS;
    }

    /** Marks all, when that is due. */
    void readBack(long now) {
        if (now - readBackAt >= 0) {
            changed.addAll(routers.ports());
            putOffReadBack(now);
        }
    }

    /** Whether no interface is being read. */
    boolean isIdle() {
        return beingRead.isEmpty();
    }

    /** Marks what the kernel has said that changed. */
    void hear() {
        if (monitor == null) {
            return;
        }
        RouteEvent event;
        while ((event = monitor.receive()) != null) {
            switch (event) {
                case RouteEvent.LinkChanged(var link) -> mark(link.index(), link.name());
                case RouteEvent.LinkRemoved(int index, String name) -> mark(index, name);
                case RouteEvent.AddressAdded(var added) -> {
                    if (!routers.isAsPut(added)) {
                        mark(added.interfaceIndex(), "");
                    }
                }
                case RouteEvent.AddressRemoved(var removed) -> {
                    routers.routers().forEach(router -> router.removed(removed));
                    mark(removed.interfaceIndex(), "");
                }
                case RouteEvent.Lost() -> changed.addAll(routers.ports());
            }
        }
    }

    private void mark(int index, String name) {
        for (NetworkLink port : routers.ports()) {
            if (port.index() == index || port.name().equals(name)) {
                changed.add(port);
            }
        }
        for (VirtualRouter router : routers.routers()) {
            if (router.isOn(index)) {
                changed.add(router.port());
            }
        }
    }

    /** Has the interfaces read that changed; one that is being read already is read again afterwards. */
    void read() {
        for (VirtualRouter router : routers.routers()) {
            if (router.takeReadWanted()) {
                changed.add(router.port());
            }
        }
        if (changed.isEmpty()) {
            return;
        }
        for (NetworkLink port : List.copyOf(changed)) {
            if (beingRead.add(port)) {
                changed.remove(port);
                read(port);
            }
        }
    }

    private void read(NetworkLink port) {
        Map<VirtualRouter, Integer> done = new LinkedHashMap<>();
        Set<InetAddress> peers = new HashSet<>();
        Set<Integer> carriers = new HashSet<>();
        for (VirtualRouter router : routers.routers()) {
            if (router.port() == port) {
                done.put(router, router.changesDone());
                peers.addAll(router.spec().nodes().peers());
                carriers.add(router.carrierIndex());
            }
        }
        carriers.remove(0);
        String name = port.name();
        OpenedSockets.Lack lack = port.lack();
        kernel.reads()
                .request(
                        routes -> LinkView.read(routes, name, peers, carriers, lack),
                        outcome -> take(port, outcome, done));
    }

    private void take(NetworkLink port, Netlink.Outcome<LinkView> outcome, Map<VirtualRouter, Integer> done) {
        beingRead.remove(port);
        LinkView view = outcome instanceof Netlink.Outcome.Done(LinkView found) ? found : null;
        if (!routers.hasPort(port)) {
            OpenedSockets unwanted = view == null ? null : view.opened();
            if (unwanted != null) {
                kernel.reads().request(routes -> closed(unwanted), closed -> {});
            }
            return;
        }
        try {
            if (view != null) {
                port.take(view);
            } else if (outcome instanceof Netlink.Outcome.Refused<LinkView>(RuntimeException why)) {
                throw why;
            }
        } catch (LinuxException e) {
            if (guard.isStarting()) {
                throw e;
            }
            // It went while it was read, and its end is announced too; or the kernel was busy with other changes. A
            // router whose interface could not be read would not move for as long as the next reading takes to come.
            long again = System.nanoTime() + READ_AGAIN_NANOS;
            readBackAt = again - readBackAt < 0 ? again : readBackAt;
            log.atDebug().addKeyValue("interface", port.name()).setCause(e).log("reading the interface failed");
        }
        done.forEach((router, changes) -> {
            String name = router.spec().name();
            if (routers.router(name) == router) {
                guard.run(name, () -> router.interfaceRead(view, changes, System.nanoTime()));
            }
        });
    }

    private static boolean closed(OpenedSockets sockets) {
        sockets.close();
        return true;
    }

    /** Completes when every interface that changed was read; fails when sockets could not be opened on one. */
    void completeWhenRead(CompletableFuture<Void> done) {
        if (!changed.isEmpty() || !beingRead.isEmpty()) {
            read();
            kernel.reads().request(routes -> true, outcome -> completeWhenRead(done));
            return;
        }
        routers.ports().stream()
                .map(NetworkLink::failure)
                .filter(Objects::nonNull)
                .findFirst()
                .ifPresentOrElse(done::completeExceptionally, () -> done.complete(null));
    }

    /** Hears nothing any more. */
    @Override
    public void close() {
        if (monitor != null) {
            monitor.close();
        }
    }
}
