package io.hawser.lb.admin;

/** Why this side closed a connection to the admin server. */
enum Closed {
    /** A newcomer found no place, and this one was the idlest. */
    CROWDED("crowded"),
    /** A newcomer found no place, and nobody was idle. */
    TURNED_AWAY("turned-away"),
    /** A request did not become complete in time. */
    SLOW_REQUEST("slow-request"),
    /** Nothing was asked for too long. */
    IDLE("idle"),
    /** The answers were not read, or too slowly. */
    UNREAD("unread");

    private final String label;

    Closed(String label) {
        this.label = label;
    }

    /** The label of its counter. */
    String label() {
        return label;
    }
}
