package io.hawser.vrrp.election;

/** Why a virtual router changed its state; the label is stable and used as a metric label. Immutable. */
public enum Cause {
    /** The router was started and its interface is usable. */
    START("start"),
    /** The interface and its primary address are back. */
    INTERFACE_UP("interface-up"),
    /** The interface is down, has no carrier, or is gone. */
    INTERFACE_DOWN("interface-down"),
    /** The interface has no address to send advertisements from. */
    NO_PRIMARY_ADDRESS("no-primary-address"),
    /** The router is being stopped. */
    SHUTDOWN("shutdown"),
    /** The active node fell silent for the whole down interval. */
    ADVERTS_STOPPED("adverts-stopped"),
    /** Nobody advertised since this router started to listen. */
    NO_ADVERT_HEARD("no-advert-heard"),
    /** The active node resigned with priority 0. */
    PEER_RESIGNED("peer-resigned"),
    /** The active node says that it is unfit, this one is fit. */
    PEER_UNFIT("peer-unfit"),
    /** The process of the active node is certainly dead. */
    PEER_GONE("peer-gone"),
    /** The active node has a lower priority and preemption is on, or this node owns the addresses. */
    LOWER_PRIORITY("lower-priority"),
    /** This node owns the addresses (priority 255). */
    OWNER("owner"),
    /** This unfit node had resigned, and nobody took the addresses. */
    NOBODY_TOOK_OVER("nobody-took-over"),
    /** Another node advertises a higher priority. */
    HIGHER_PRIORITY("higher-priority"),
    /** Another node advertises the same priority from a higher address. */
    HIGHER_ADDRESS("higher-address"),
    /** Another, better node is active too, as it says itself out of band; its advertisements do not arrive. */
    PEER_ACTIVE("peer-active"),
    /** This node became unfit. */
    UNFIT("unfit"),
    /** Another router of the group is active on this node. */
    GROUP_ACTIVE("group-active"),
    /** Another router of the group gave up, or follows a better node. */
    GROUP_LEFT("group-left"),
    /** This node hears nobody at all. */
    ISOLATED("isolated"),
    /** This node did nothing for longer than a peer waits: another one is active by now. */
    STALLED("stalled");

    private final String label;

    Cause(String label) {
        this.label = label;
    }

    /** The metric label, lower case with dashes. */
    public String label() {
        return label;
    }
}
