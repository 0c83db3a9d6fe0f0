package io.hawser.vrrp;

import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The addresses that one virtual router gave up and that may come back at once, so that who has connections to them was
 * not told yet. Vrrp thread.
 */
final class ReleasedAddresses {
    private static final Logger log = LoggerFactory.getLogger(ReleasedAddresses.class);

    private final VrrpListener listener;
    private final Set<InetAddress> untold = new HashSet<>();

    ReleasedAddresses(VrrpListener listener) {
        this.listener = listener;
    }

    /** Takes note of addresses that were given up. */
    void add(List<VirtualAddress> givenUp) {
        givenUp.forEach(each -> untold.add(each.address()));
    }

    /** Takes note of addresses that came back, of which nobody is told. */
    void remove(List<VirtualAddress> held) {
        held.forEach(each -> untold.remove(each.address()));
    }

    /** Whether there is nothing to tell. */
    boolean isEmpty() {
        return untold.isEmpty();
    }

    /** Tells of all. */
    void tell() {
        Set<InetAddress> gone = Set.copyOf(untold);
        untold.clear();
        try {
            listener.released(gone);
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("a listener of released addresses failed; continuing");
        }
    }
}
