package io.hawser.vrrp;

import io.hawser.sysctl.linux.Family;
import io.hawser.sysctl.linux.InterfaceAddress;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** The primary IP address of a virtual router: where its advertisements leave from. Stateless. */
final class PrimaryAddress {
    private PrimaryAddress() {}

    /** The one among the addresses that are on the interface; null when it is not on it. Vrrp thread. */
    static @Nullable InetAddress of(RouterSpec spec, NetworkLink port) {
        InetAddress any = null;
        // RFC 9568 5.1.2.1: over IPv6 the source is the link-local address of the interface.
        boolean linkLocal =
                spec.family() == Family.IPV6 && spec.protocol().transport() == RouterSpec.Transport.MULTICAST;
        for (InterfaceAddress each : port.addresses()) {
            InetAddress address = each.address();
            if (!linkLocal && address.equals(spec.nodes().own())) {
                return address;
            }
            boolean sameFamily = Family.of(address) == spec.family();
            boolean isFit = !linkLocal || address.isLinkLocalAddress();
            // The kernel lists what was added last first: another router's address would often be found here.
            if (any == null && sameFamily && isFit && !each.tentative() && !port.isVirtual(address)) {
                any = address;
            }
        }
        return spec.protocol().transport() == RouterSpec.Transport.MULTICAST ? any : null;
    }
}
