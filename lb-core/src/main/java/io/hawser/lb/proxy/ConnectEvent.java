package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;

/** What a {@link ConnectPlan} is told. After {@link ConnectAction.Abandon} it is told nothing more about that attempt. */
sealed interface ConnectEvent {
    /** A member is to be found. */
    record Began() implements ConnectEvent {}

    /** A member has accepted, and its TLS is being agreed on. */
    record Securing(Member member) implements ConnectEvent {}

    /** A member has accepted, and can be given the first bytes. */
    record Connected(Member member) implements ConnectEvent {}

    /** The client's whole hello came when a member was connected already, and may be sent to others too. */
    record HelloCame(Member member) implements ConnectEvent {}

    /** A member has begun to answer the hello. */
    record Answered(Member member) implements ConnectEvent {}

    /** An attempt has failed, at once or later; {@link ConnectFailure#LOCAL} for what this host lacks. */
    record Failed(Member member, ConnectFailure why) implements ConnectEvent {}

    /** Others were quicker, and the queue of a member is full. */
    record QueueRefused(Member member) implements ConnectEvent {}

    /** A member has a place for the connection, which waited for one. */
    record Granted(Member member) implements ConnectEvent {}

    /** The connection waits no longer, and has been granted nothing. */
    record Dequeued() implements ConnectEvent {}

    /** The client has said all that it will ever say. */
    record ClientDone() implements ConnectEvent {}

    /** A member gets no connections any more, and gives up those it has. */
    record Left(Member member) implements ConnectEvent {}

    /** Some time has passed. */
    record Passed() implements ConnectEvent {}

    /** The connection is over. */
    record Ended() implements ConnectEvent {}
}
