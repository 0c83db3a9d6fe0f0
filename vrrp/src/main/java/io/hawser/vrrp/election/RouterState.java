package io.hawser.vrrp.election;

/** The three states of RFC 9568 section 6.4. Immutable. */
public enum RouterState {
    /** Not taking part: the interface is unusable, or the router is stopped. */
    INITIALIZE("initialize", 0),
    /** Watching the active node. */
    BACKUP("backup", 1),
    /** Holding the addresses. */
    ACTIVE("active", 2);

    private final String label;
    private final int gauge;

    RouterState(String label, int gauge) {
        this.label = label;
        this.gauge = gauge;
    }

    /** The name used in logs, status and metrics, lower case. */
    public String label() {
        return label;
    }

    /** The value of the state gauge: 0, 1 or 2. */
    public int gauge() {
        return gauge;
    }
}
