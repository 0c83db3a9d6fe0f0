package io.hawser.vrrp;

import io.hawser.sysctl.linux.RouteSocket;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Looks every few milliseconds how many hosts hold the virtual address, from the first moment that one does. */
final class HolderWatch implements AutoCloseable {
    private static final long GAP_NANOS = 4_000_000L;

    private final InetAddress address;
    private final List<RouteSocket> views;
    private final Thread thread;
    private volatile boolean isStopping;
    private volatile long longestWithoutNanos;
    private volatile long togetherNanos;

    /** @param views one for each host; this object's from now on */
    HolderWatch(InetAddress address, List<RouteSocket> views) {
        this.address = address;
        this.views = List.copyOf(views);
        this.thread = Thread.ofPlatform().name("holder-watch").daemon().start(this::run);
    }

    private void run() {
        long heldAt = 0;
        boolean started = false;
        long last = System.nanoTime();
        while (!isStopping) {
            long holders = views.stream().filter(this::holds).count();
            long now = System.nanoTime();
            if (holders > 0) {
                heldAt = now;
                started = true;
            } else if (started) {
                longestWithoutNanos = Math.max(longestWithoutNanos, now - heldAt);
            }
            if (holders > 1) {
                togetherNanos += now - last;
            }
            last = now;
            LockSupport.parkNanos(GAP_NANOS);
        }
    }

    private boolean holds(RouteSocket view) {
        return view.addresses().stream().anyMatch(each -> each.address().equals(address));
    }

    /** The longest time during which no host had the address, in milliseconds. */
    double longestWithoutMillis() {
        return longestWithoutNanos / 1e6;
    }

    /** For how long altogether more than one host had it, in milliseconds. */
    double togetherMillis() {
        return togetherNanos / 1e6;
    }

    @Override
    public void close() throws InterruptedException {
        isStopping = true;
        thread.join(5_000);
        views.forEach(RouteSocket::close);
    }
}
