package io.hawser.healthcheck;

/** What is known of a member. Immutable. */
public enum Health {
    /** No check has said enough yet; used only while no member of the pool is known to be good. */
    UNKNOWN,
    /** Passes its checks. */
    UP,
    /** Alive, but says that it must not get new connections; established ones stay. */
    DRAINING,
    /** Gone, so that established connections are lost as well: nothing answers there any more, or it is not what is looked for. */
    DOWN
}
