package io.hawser.vrrp;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Which listed node a MAC address belongs to, looked up seldom however often it is asked. One thread. */
final class PeerMacs {
    static final long REFRESH_NANOS = 10_000_000_000L;

    private Map<Mac, InetAddress> nodes = Map.of();
    private long lookedAt;
    private boolean isLooked;

    /**
     * The node.
     *
     * @param peers the listed nodes
     * @param table gives the MAC address that the kernel knows of a node, null for none
     * @return null when it is none of them, or the kernel does not know it
     */
    @Nullable
    InetAddress node(
            @Nullable Mac mac, List<InetAddress> peers, Function<InetAddress, byte @Nullable []> table, long now) {
        if (!isLooked || now - lookedAt >= REFRESH_NANOS) {
            isLooked = true;
            lookedAt = now;
            Map<Mac, InetAddress> found = new HashMap<>();
            for (InetAddress peer : peers) {
                byte[] known = table.apply(peer);
                if (known != null) {
                    found.put(Mac.of(known), peer);
                }
            }
            nodes = Map.copyOf(found);
        }
        return mac == null ? null : nodes.get(mac);
    }
}
