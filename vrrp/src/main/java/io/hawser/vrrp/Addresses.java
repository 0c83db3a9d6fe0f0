package io.hawser.vrrp;

import java.net.InetAddress;
import java.util.Arrays;

/** Order of node addresses. Stateless. */
final class Addresses {

    private Addresses() {}

    /** Whether {@code a} is greater than {@code b} as an unsigned number in network order, RFC 9568 6.4.3. */
    static boolean isHigher(InetAddress a, InetAddress b) {
        return Arrays.compareUnsigned(a.getAddress(), b.getAddress()) > 0;
    }

    /** The address as text, without a scope. */
    static String text(InetAddress address) {
        String text = address.getHostAddress();
        int scope = text.indexOf('%');
        return scope < 0 ? text : text.substring(0, scope);
    }
}
