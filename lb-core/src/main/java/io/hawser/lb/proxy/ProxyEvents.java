package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;

/** What the data path tells as it happens. Called on event loops: the callee must neither block nor throw. */
public interface ProxyEvents {
    /** Nobody listens. */
    ProxyEvents NONE = new ProxyEvents() {};

    /**
     * A real connection to a member failed, or takes long, and not for a reason of this host's own.
     *
     * @param member the member that was tried
     * @param why what happened; never {@link ConnectFailure#LOCAL}. If it is {@link ConnectFailure#isProof() no proof},
     *     the member may be well
     */
    default void memberFailed(Member member, ConnectFailure why) {}

    /** Whether {@link #ended} is wanted; asked when a connection begins and when it ends. */
    default boolean wantsRecords() {
        return false;
    }

    /** A connection has ended. Only called if wanted. */
    default void ended(ConnectionRecord connection) {}

    /**
     * A member has reset a connection that was established, or has stopped answering on it. That may be the client's doing
     * and says nothing for sure; but a member that dies does it to all of them, before anybody connects anew.
     *
     * @param member the member
     */
    default void connectionLost(Member member) {}
}
