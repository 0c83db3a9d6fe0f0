package io.hawser.lb.proxy;

import io.hawser.lb.balance.Member;

/** What a {@link ConnectPlan} wants done, in order; what may fail at once, and is told then, comes last. */
sealed interface ConnectAction {
    /** Begin to connect to a member at which a place was taken. */
    record Connect(Member member, Reason reason) implements ConnectAction {}

    /** Give a connected member the first bytes, and look for its answer. */
    record Send(Member member) implements ConnectAction {}

    /** Close the attempt with a member, and give its place back. */
    record Abandon(Member member) implements ConnectAction {}

    /** Give a place back at which nothing was begun. */
    record Release(Member member) implements ConnectAction {}

    /** Wait in the queue of a member. */
    record Enqueue(Member member) implements ConnectAction {}

    /** Wait no longer. */
    record Dequeue() implements ConnectAction {}

    /** Count and tell a failed attempt. */
    record Count(Member member, ConnectFailure why) implements ConnectAction {}

    /** Tell that a member gives reason for doubt. */
    record Doubt(Member member, ConnectFailure why) implements ConnectAction {}

    /** Count that a second attempt was not within the budget. */
    record Deny() implements ConnectAction {}

    /** The connection goes on with this member. */
    record Win(Member member) implements ConnectAction {}

    /** The connection ends, as no member has it. */
    record GiveUp(Outcome outcome) implements ConnectAction {}

    /** Why an attempt is made. */
    enum Reason {
        /** None is under way. */
        NEXT,
        /** Another one takes long. */
        HEDGE,
        /** Another one takes long to answer the same hello. */
        REPLAY
    }
}
