package io.hawser.vrrp;

import io.hawser.sysctl.linux.Family;
import java.net.InetAddress;

/** The multicast groups of VRRP, RFC 9568 5.1.1.2 and 5.1.2.2. Stateless. */
final class MulticastGroup {
    static final InetAddress IPV4 = InetAddress.ofLiteral("224.0.0.18");
    static final InetAddress IPV6 = InetAddress.ofLiteral("ff02::12");

    private MulticastGroup() {}

    /** The group of a family. */
    static InetAddress of(Family family) {
        return family == Family.IPV4 ? IPV4 : IPV6;
    }
}
