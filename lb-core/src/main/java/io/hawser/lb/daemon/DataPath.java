package io.hawser.lb.daemon;

import io.hawser.lb.proxy.Fruitless;
import io.hawser.lb.proxy.NotAccepting;
import io.hawser.lb.proxy.ProxyStats;
import java.net.InetAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the listeners of a node run on, as the rest of the node sees it: whether it serves, what it has counted, and who has to hear that an
 * address has gone. Any thread.
 */
interface DataPath {
    /** Before anything has started: nothing is bound, nothing was counted. */
    DataPath NONE = new DataPath() {
        @Override
        public boolean isBound(String listener) {
            return false;
        }

        @Override
        public @Nullable NotAccepting notAccepting() {
            return null;
        }

        @Override
        public ProxyStats stats() {
            return ProxyStats.NONE;
        }

        @Override
        public Shortage shortage() {
            return Shortage.NONE;
        }

        @Override
        public void closeConnectionsTo(Set<InetAddress> addresses) {
            // There are none.
        }
    };

    /**
     * What connections lacked since the start.
     *
     * @param connectsWithoutPort connects for which this host had no port left
     * @param connectionsUnread connections that were ended, as memory ran short and one of their sides did not read
     * @param fruitless connections that end for nothing, and who opens most of them
     */
    record Shortage(long connectsWithoutPort, long connectionsUnread, Fruitless fruitless) {
        static final Shortage NONE = new Shortage(0, 0, Fruitless.NONE);

        Shortage plus(Shortage other) {
            return new Shortage(
                    connectsWithoutPort + other.connectsWithoutPort,
                    connectionsUnread + other.connectionsUnread,
                    fruitless.plus(other.fruitless));
        }
    }

    /** Whether a listener listens on all its addresses. */
    boolean isBound(String listener);

    /** Why and for how long nobody is accepted; null while somebody would be. */
    @Nullable
    NotAccepting notAccepting();

    /** What was counted. */
    ProxyStats stats();

    /** What was short. */
    Shortage shortage();

    /** Has clients hear that these addresses are no longer this node's. */
    void closeConnectionsTo(Set<InetAddress> addresses);
}
