package io.hawser.vrrp;

import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The MAC addresses of this host, so that its own second interface is not taken for a stranger. {@link #named} never
 * waits: any thread; {@link #look} has the kernel asked on a thread of its own, as long as that takes.
 */
final class OwnInterfaces {
    private static final Logger log = LoggerFactory.getLogger(OwnInterfaces.class);

    /** An interface may come at any time, and whoever claims addresses must not make work. */
    static final long REFRESH_NANOS = 10_000_000_000L;

    private volatile Map<Mac, String> names = Map.of();
    private volatile long refreshedAt;
    private final AtomicBoolean isLooking = new AtomicBoolean();

    /** The interface of this host that has a MAC address of its own like this; null when none has. */
    @Nullable
    String named(@Nullable Mac mac) {
        return mac == null ? null : names.get(mac);
    }

    /** Whether it is time for another look; the one who is told so has to take it. Vrrp thread. */
    boolean isDue(long now) {
        if (now - refreshedAt < REFRESH_NANOS) {
            return false;
        }
        refreshedAt = now;
        return true;
    }

    /** Has the interfaces looked at in the network namespace, and at the priority, of the calling thread. */
    void look() {
        if (!isLooking.compareAndSet(false, true)) {
            return;
        }
        Thread.ofPlatform().daemon().name("vrrp-own").start(() -> {
            try {
                refresh();
            } finally {
                isLooking.set(false);
            }
        });
    }

    private void refresh() {
        refreshedAt = System.nanoTime();
        Map<Mac, String> found = new HashMap<>();
        try {
            List<NetworkInterface> all = NetworkInterface.networkInterfaces().toList();
            for (NetworkInterface each : all) {
                byte[] address = each.getHardwareAddress();
                Mac mac = address != null && address.length == 6 ? Mac.of(address) : null;
                // Every node of a router has its virtual one.
                if (mac != null && !mac.isVirtual()) {
                    found.put(mac, each.getName());
                }
            }
            names = Map.copyOf(found);
        } catch (SocketException e) {
            log.atDebug().setCause(e).log("reading this host's interfaces failed; the last list stands");
        }
    }
}
