package io.hawser.lb.admission;

import static java.util.Objects.requireNonNull;

import io.hawser.sysctl.net.AddressText;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/**
 * A range of addresses. Immutable.
 *
 * @param address its first address
 * @param prefix how many of the leading bits all its addresses share, 0 to 32 or 128
 */
public record Network(InetAddress address, int prefix) {
    // All of an IPv4 address, and of an IPv6 address what one customer or machine is given.
    private static final int SOURCE_BYTES = 8;

    public Network {
        requireNonNull(address, "address");
        if (prefix < 0 || prefix > address.getAddress().length * Byte.SIZE) {
            throw new IllegalArgumentException("prefix length " + prefix + " does not fit " + AddressText.of(address));
        }
    }

    /** Whether it has this address, which may be of the other family. */
    public boolean contains(InetAddress other) {
        byte[] mine = address.getAddress();
        byte[] its = other.getAddress();
        int whole = prefix / Byte.SIZE;
        int rest = prefix % Byte.SIZE;
        return mine.length == its.length
                && Arrays.equals(mine, 0, whole, its, 0, whole)
                && (rest == 0 || ((mine[whole] ^ its[whole]) & 0xFF) >> (Byte.SIZE - rest) == 0);
    }

    /** The number of the source that a client's address belongs to: an IPv4 address, or the upper half of an IPv6 address. */
    public static long source(InetAddress client) {
        byte[] bytes = client.getAddress();
        return NetworkSet.number(bytes, 0, Math.min(bytes.length, SOURCE_BYTES));
    }

    /** Whether one of them has this address. */
    public static boolean anyContains(List<Network> networks, InetAddress address) {
        for (Network network : networks) {
            if (network.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
