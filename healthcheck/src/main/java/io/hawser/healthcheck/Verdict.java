package io.hawser.healthcheck;

/** What one check says of a member. Immutable. */
public enum Verdict {
    /** It answered as it should. */
    SUCCESS,
    /** Something alive answered, but not as it should: no new connections, the old ones stay. */
    REFUSING,
    /** It answered that it is not the one to be used: no connections at all. */
    DENYING,
    /** Nothing answered. */
    FAILURE,
    /** The check could not be made for a reason of this node's own; it says nothing of the member. */
    NOTHING
}
