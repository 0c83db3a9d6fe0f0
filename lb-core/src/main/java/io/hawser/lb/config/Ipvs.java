package io.hawser.lb.config;

/** Whether IPVS is made available in the kernel. */
public enum Ipvs {
    /** It is left alone. */
    OFF,
    /** Loaded when that is possible. */
    AUTO,
    /** The process does not start without it. */
    REQUIRED
}
