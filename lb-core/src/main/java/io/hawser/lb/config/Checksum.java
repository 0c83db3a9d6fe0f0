package io.hawser.lb.config;

/** Which checksum VRRP version 3 packets over IPv4 carry when sent; either form is accepted. */
public enum Checksum {
    /** What the peers send; RFC 9568 until one was heard. */
    AUTO,
    /** Over the VRRP message only, as RFC 9568 5.2.8 says. */
    RFC9568,
    /** With the IPv4 pseudo-header, as Keepalived and FRR send by default. */
    PSEUDO_HEADER
}
