package io.hawser.testkit;

import io.hawser.sysctl.linux.NetworkNamespace;
import io.hawser.sysctl.linux.RouteSocket;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * How long the kernel's one lock for interfaces and addresses (rtnl) is held by others: whoever removes network namespaces anywhere on the
 * machine holds up every change of an address. A thread that sets what is set already, again and again; any thread may ask.
 */
public final class InterfaceLock implements AutoCloseable {
    private static final int LOOPBACK = 1;
    private static final long PAUSE_NANOS = 20_000_000;

    private record Wait(long from, long to) {}

    private final Queue<Wait> waits = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean isEnding;
    private volatile long askedAt = System.nanoTime();

    /** Begins, in a namespace. */
    public InterfaceLock(NetworkNamespace host) {
        RouteSocket routes = routes(host);
        thread = Thread.ofPlatform().name("interface-lock").daemon().start(() -> run(routes));
    }

    private static RouteSocket routes(NetworkNamespace host) {
        try {
            return host.call(RouteSocket::open);
        } catch (Exception e) {
            throw new IllegalStateException("no socket in " + host, e);
        }
    }

    private void run(RouteSocket routes) {
        try (routes) {
            while (!isEnding) {
                long from = System.nanoTime();
                askedAt = from;
                routes.setUp(LOOPBACK, true);
                waits.add(new Wait(from, System.nanoTime()));
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    /** What {@link Tries} discards a try for: empty where nobody had to wait for longer than {@code most} since a moment. */
    public List<String> spoilt(long since, Duration most) {
        long now = System.nanoTime();
        long open = waits.stream().anyMatch(each -> each.from == askedAt) ? 0 : now - askedAt;
        long longest = waits.stream()
                .filter(each -> each.to - since >= 0)
                .mapToLong(each -> each.to - each.from)
                .max()
                .orElse(0);
        double millis = Math.max(open, longest) / 1e6;
        return millis > most.toNanos() / 1e6
                ? List.of("a change of an interface waited %.0f ms for the kernel's lock".formatted(millis))
                : List.of();
    }

    @Override
    public void close() throws InterruptedException {
        isEnding = true;
        thread.join();
    }
}
