package io.hawser.vrrp;

/** What the checksum of an advertisement covers. Immutable. */
enum ChecksumForm {
    /** The VRRP message only: version 2, and version 3 over IPv4 by RFC 9568 5.2.8. */
    MESSAGE,

    /** A pseudo-header and the message: version 3 over IPv6, and over IPv4 as RFC 5798 was mostly read. */
    PSEUDO_HEADER
}
