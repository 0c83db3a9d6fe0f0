package io.hawser.vrrp.election;

/** What the loop has to do for a virtual router, in the given order. Immutable. */
public sealed interface Action {

    /**
     * Send an advertisement.
     *
     * @param priority 0 (resigning) to 255
     */
    record SendAdvert(int priority) implements Action {}

    /** Put the virtual addresses on the interface and keep them there. */
    record PutAddresses() implements Action {}

    /** Take the virtual addresses off the interface and keep them off. */
    record RemoveAddresses() implements Action {}

    /** Tell the neighbours where the virtual addresses are; a burst that is already running absorbs this. */
    record Announce() implements Action {}

    /**
     * Ask on the link who has the virtual addresses; who answers is told as {@link Event.Answered}. Changes nobody's
     * tables.
     */
    record Ask() implements Action {}

    /**
     * The state changed; said after the actions that the change consists of.
     *
     * @param from name of the old state
     * @param to name of the new state
     * @param cause stable cause
     * @param explanation the cause in words, with the numbers
     */
    record Moved(RouterState from, RouterState to, Cause cause, String explanation) implements Action {}

    /**
     * A human should look at this.
     *
     * @param kind stable kind
     * @param explanation in words, with the numbers
     */
    record Alarm(AlarmKind kind, String explanation) implements Action {}
}
