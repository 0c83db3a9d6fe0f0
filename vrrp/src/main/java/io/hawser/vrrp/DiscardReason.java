package io.hawser.vrrp;

/** Why a received packet was discarded; the label is stable and used as a metric label. Immutable. */
public enum DiscardReason {
    /** TTL or hop limit is not 255: the packet was forwarded. RFC 9568 7.1. */
    TTL("ttl"),
    /** Neither version 2 nor 3, or not the version of this virtual router. RFC 9568 7.1. */
    VERSION("version"),
    /** Not an advertisement. RFC 9568 5.2.2. */
    TYPE("type"),
    /** Shorter than its own header and address count say. RFC 9568 7.1. */
    TRUNCATED("truncated"),
    /** The checksum is wrong in every accepted form. RFC 9568 7.1. */
    CHECKSUM("checksum"),
    /** No virtual router with this VRID on the interface. RFC 9568 7.1. */
    VRID("vrid"),
    /** It lists no address. RFC 9568 erratum 8299. */
    COUNT_ZERO("count-zero"),
    /** Its interval is zero. RFC 9568 erratum 8301. */
    INTERVAL_ZERO("interval-zero"),
    /** Version 2 and another interval than ours. RFC 3768 7.1. */
    INTERVAL_MISMATCH("interval-mismatch"),
    /** The first IPv6 address is not link-local. RFC 9568 erratum 8300. */
    FIRST_NOT_LINK_LOCAL("first-not-link-local"),
    /** Version 2 and another authentication type than ours. RFC 3768 7.1. */
    AUTH_TYPE("auth-type"),
    /** Version 2 and another password than ours. RFC 2338 5.3.6. */
    AUTH_DATA("auth-data"),
    /** Our own packet, looped back by the network. */
    OWN_PACKET("own-packet"),
    /** The sender is not in the list of peers of a unicast virtual router. */
    UNLISTED_PEER("unlisted-peer"),
    /** Sent to this node alone, but the virtual router is multicast, or the other way round. */
    DESTINATION("destination"),
    /** The virtual router is stopped or its interface unusable. */
    NOT_LISTENING("not-listening"),
    /** More than can be a working network's: a flood, of which only a part is looked at. */
    FLOOD("flood"),
    /** It made this program fail. */
    INTERNAL_ERROR("internal-error");

    private final String label;

    DiscardReason(String label) {
        this.label = label;
    }

    /** The metric label, lower case with dashes. */
    public String label() {
        return label;
    }
}
