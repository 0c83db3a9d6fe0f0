package io.hawser.lb.config;

/** How VRRP advertisements travel. */
public enum Transport {
    /** To each other node's address. */
    UNICAST,
    /** To 224.0.0.18 on the interface. */
    MULTICAST
}
