package io.hawser.lb.admin;

import io.hawser.sysctl.net.AddressText;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Set;

/**
 * A source of connections as limits count it. Immutable.
 *
 * @param text how it is called in events: an address, the /64 of an IPv6 address, {@code loopback} or {@code socket}
 */
record Source(String text) {
    /** This host, by whichever loopback address. */
    static final Source LOOPBACK = new Source("loopback");

    /** Everybody on the unix socket, which is one user. */
    static final Source SOCKET = new Source("socket");

    private static final int IPV6_NETWORK_BYTES = 8;

    /**
     * The source of a connection.
     *
     * @param nodes addresses that are each a source of their own, also when they share a network
     */
    static Source of(SocketAddress remote, Set<Source> nodes) {
        if (!(remote instanceof InetSocketAddress inet) || inet.getAddress() == null) {
            return SOCKET;
        }
        Source exact = of(inet.getAddress());
        if (exact.equals(LOOPBACK) || nodes.contains(exact) || !(inet.getAddress() instanceof Inet6Address)) {
            return exact;
        }
        return network(inet.getAddress().getAddress());
    }

    /** One address; an IPv4 address that is written as IPv6 was unwrapped by Java already. */
    static Source of(InetAddress address) {
        if (address.isLoopbackAddress()) {
            return LOOPBACK;
        }
        return new Source(AddressText.of(address));
    }

    /** What one customer or machine is given (RFC 6177): who has one address of it has all. */
    private static Source network(byte[] address) {
        byte[] network = Arrays.copyOf(Arrays.copyOf(address, IPV6_NETWORK_BYTES), address.length);
        return new Source(text(network) + "/64");
    }

    private static String text(byte[] address) {
        try {
            return AddressText.of(InetAddress.getByAddress(address));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + address.length + " bytes", e);
        }
    }
}
