package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;

/** What the data path tells as it happens. Called on event loops: the callee must neither block nor throw. */
public interface ProxyEvents {
    /** Nobody listens. */
    ProxyEvents NONE = new ProxyEvents() {};

    /**
     * A real connection to a member failed, and not for a reason of this host's own.
     *
     * @param member the member that was tried
     * @param why what happened; never {@link ConnectFailure#LOCAL}
     */
    default void memberFailed(Member member, ConnectFailure why) {}
}
