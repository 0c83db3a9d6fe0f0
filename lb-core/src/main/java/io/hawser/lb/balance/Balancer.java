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
     * Chooses the member for a new connection; O(members), without allocation while the candidates stay the same. Members
     * that are full are left out; that there is still room when the connection wants its place has to be made sure with
     * {@link Member#tryAcquire()}.
     *
     * @param members the pool's snapshot
     * @param tried members not to choose
     * @param key what the connection belongs to (see {@link AffinityKey}); {@link AffinityKey#NONE} for nothing
     * @param now monotonic time in nanoseconds; decides how far slow starts have come
     * @return the choice, or null when every candidate was tried or is full, or there is none
     */
    @Nullable
    Member pick(Members members, ExcludedMembers tried, long key, long now);
}
