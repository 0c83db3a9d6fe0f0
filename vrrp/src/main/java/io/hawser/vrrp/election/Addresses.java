package io.hawser.vrrp.election;

import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;
import java.util.Arrays;

/** Order of node addresses. Stateless. */
final class Addresses {

    private Addresses() {}

    /** Whether {@code a} is greater than {@code b} as an unsigned number in network order, RFC 9568 6.4.3. */
    static boolean isHigher(InetAddress a, InetAddress b) {
        return Arrays.compareUnsigned(a.getAddress(), b.getAddress()) > 0;
    }

    /** The address as text, for the engine, which knows nothing of the packages below. */
    static String text(InetAddress address) {
        return AddressText.of(address);
    }
}
