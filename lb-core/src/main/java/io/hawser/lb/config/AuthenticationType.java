package io.hawser.lb.config;

/** How version 2 of VRRP proves where an advertisement comes from. */
enum AuthenticationType {
    /** A password in the clear, RFC 2338 5.3.6. */
    PASS
}
