package io.hawser.vrrp.election;

/** A kind of alarm, something that a human should look at; the label is stable. Immutable. */
public enum AlarmKind {
    /** The active node answers its peers, but its advertisements do not arrive. */
    VRRP_FILTERED("vrrp-filtered"),
    /** A peer refuses to be probed, but its advertisements are heard. */
    PEER_REFUSES("peer-refuses"),
    /** Two nodes say that they are active, and do not hear each other's advertisements. */
    TWO_ACTIVE("two-active"),
    /** A peer has another VRID for the same addresses, so that its advertisements are not heard. */
    OTHER_ID("other-id"),
    /** A peer says that it is active, but nobody answers for the addresses: it is not believed. */
    FALSE_CLAIM("false-claim"),
    /** Routers of one group are active on different nodes, because one of them was active nowhere. */
    GROUP_SPLIT("group-split"),
    /** A node that is not in the list of peers uses the same VRID. */
    FOREIGN_SENDER("foreign-sender"),
    /** A node uses the same VRID in another version of the protocol, so that neither hears the other. */
    OTHER_VERSION("other-version"),
    /** Another node advertises the same priority. */
    SAME_PRIORITY("same-priority"),
    /** Another node advertises other addresses for the same VRID. */
    OTHER_ADDRESSES("other-addresses"),
    /** Another node advertises at another interval. */
    OTHER_INTERVAL("other-interval"),
    /** Other nodes of the group send checksums of another form than this one. */
    OTHER_CHECKSUM("other-checksum"),
    /** Advertisements cannot be sent. */
    CANNOT_SEND("cannot-send"),
    /** A virtual address cannot be put on, or taken off, the interface. */
    CANNOT_CHANGE_ADDRESS("cannot-change-address"),
    /** The kernel does not carry out a change of addresses: something holds its lock. */
    KERNEL_BUSY("kernel-busy"),
    /** Another machine claims a virtual address that this node holds. */
    ADDRESS_CLAIMED("address-claimed"),
    /** Something else changed a virtual address, and it was corrected. */
    ADDRESS_CORRECTED("address-corrected");

    private final String label;

    AlarmKind(String label) {
        this.label = label;
    }

    /** Whether it is this node's own failure, about which nobody else has a say. */
    public boolean isOwn() {
        return this == CANNOT_SEND || this == CANNOT_CHANGE_ADDRESS || this == KERNEL_BUSY;
    }

    /** The name used in logs, events and metrics, lower case with dashes. */
    public String label() {
        return label;
    }
}
