package io.hawser.lb.admin;

/** Why a document from another process cannot be used; each is one counter label. Immutable. */
public enum Unreadable {
    /** Longer than any honest answer. */
    TOO_LARGE,
    /** Not one JSON object, or nested or spelled in a way no honest answer is. */
    NOT_JSON,
    /** JSON, but a field is missing, of another type, or out of range. */
    WRONG_SHAPE
}
