package io.hawser.vrrp;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;

/**
 * An address that moves between nodes. Immutable.
 *
 * @param address the address
 * @param prefix length of its network prefix in bits; 32 or 128 keeps it out of the routing table
 */
public record VirtualAddress(InetAddress address, int prefix) {
    public VirtualAddress {
        requireNonNull(address, "address");
        int bits = address.getAddress().length * 8;
        if (prefix < 1 || prefix > bits) {
            throw new IllegalArgumentException(
                    "prefix length " + prefix + " of " + AddressText.of(address) + " is not within 1 to " + bits);
        }
    }

    @Override
    public String toString() {
        return AddressText.of(address) + "/" + prefix;
    }
}
