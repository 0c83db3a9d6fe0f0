package io.hawser.sysctl;

import java.util.Objects;

/**
 * What a node wants of the kernel, as section {@code kernel} of the configuration says. Immutable.
 *
 * @param ipForward whether it forwards IPv4 packets that are not for this host; false leaves it as it is
 * @param nonlocalBind whether sockets may be bound to addresses that this host does not have; false leaves it as it is
 * @param ipvs whether it can balance connections itself
 */
public record KernelSettings(boolean ipForward, boolean nonlocalBind, Ipvs ipvs) {
    public KernelSettings {
        Objects.requireNonNull(ipvs, "ipvs");
    }

    /** How much the kernel's own balancer is wanted. */
    public enum Ipvs {
        /** Not at all: it is not looked at. */
        OFF,
        /** Made ready where the kernel has it. */
        AUTO,
        /** Made ready, or else the start fails. */
        REQUIRED
    }
}
