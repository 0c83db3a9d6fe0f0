package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.KernelSettings.Ipvs;

/**
 * Section {@code kernel}: what is prepared in the kernel at start. Immutable.
 *
 * @param ipForward switch IP forwarding on
 * @param nonlocalBind let processes bind to addresses that are not on this host
 * @param ipvs whether IPVS is made available
 */
public record Kernel(boolean ipForward, boolean nonlocalBind, Ipvs ipvs) {
    public Kernel {
        requireNonNull(ipvs, "ipvs");
    }

    /** Whether IPVS is looked at. */
    public boolean usesIpvs() {
        return ipvs != Ipvs.OFF;
    }
}
