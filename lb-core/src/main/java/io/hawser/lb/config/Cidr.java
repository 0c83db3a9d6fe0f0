package io.hawser.lb.config;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * An address with the length of its network prefix. The host part is kept: 10.77.0.10/24 is an address in a network. Immutable.
 *
 * @param address IPv4 or IPv6
 * @param prefix bits of the network, 0 to 32 or 128
 */
public record Cidr(InetAddress address, int prefix) {
    public Cidr {
        requireNonNull(address, "address");
        if (prefix < 0 || prefix > address.getAddress().length * 8) {
            throw new IllegalArgumentException("prefix " + prefix + " of " + AddressText.of(address));
        }
    }

    /** Whether the other address lies in this network; false for one of the other family. */
    public boolean contains(InetAddress other) {
        byte[] mine = address.getAddress();
        byte[] theirs = other.getAddress();
        if (mine.length != theirs.length) {
            return false;
        }
        for (int bit = 0; bit < prefix; bit += 8) {
            int mask = prefix - bit >= 8 ? 0xFF : (0xFF00 >> (prefix - bit)) & 0xFF;
            if (((mine[bit / 8] ^ theirs[bit / 8]) & mask) != 0) {
                return false;
            }
        }
        return true;
    }

    /** The network that the address is in: the same with a host part of zero. */
    Cidr network() {
        byte[] bytes = address.getAddress();
        for (int i = 0; i < bytes.length; i++) {
            int kept = Math.clamp(prefix - 8L * i, 0, 8);
            bytes[i] &= (byte) (0xFF00 >> kept);
        }
        try {
            return new Cidr(InetAddress.getByAddress(bytes), prefix);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
        }
    }

    /** Whether every address of the other network is in this one. */
    boolean covers(Cidr other) {
        return prefix <= other.prefix && contains(other.address);
    }

    /** Address, slash, prefix. */
    @Override
    public String toString() {
        return AddressText.of(address) + "/" + prefix;
    }
}
