package io.hawser.lb.balance;

import org.jspecify.annotations.Nullable;

/**
 * Chooses members for the connections of one event loop.
 *
 * <p>Each loop has its own, so that choosing takes no lock; what loops share are the members' connection counts. Used by
 * one thread.
 */
public interface Balancer {

    /**
     * Chooses the member for a new connection; O(members), without allocation while the candidates stay the same.
     *
     * @param members the pool's snapshot
     * @param tried members not to choose
     * @return the choice, or null when every candidate was tried or there is none
     */
    @Nullable
    Member pick(Members members, Tried tried);
}
