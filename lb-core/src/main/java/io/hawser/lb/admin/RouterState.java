package io.hawser.lb.admin;

/** State of a virtual router as it is shown (RFC 9568, 6.4); Immutable. */
public enum RouterState {
    /** Not taking part in VRRP. */
    INITIALIZE(0),
    /** Waiting for the active node to fail. */
    BACKUP(1),
    /** Holding the addresses. */
    ACTIVE(2);

    private final int code;

    RouterState(int code) {
        this.code = code;
    }

    /** The value of the metric {@code hawser_vrrp_state}. */
    int code() {
        return code;
    }
}
