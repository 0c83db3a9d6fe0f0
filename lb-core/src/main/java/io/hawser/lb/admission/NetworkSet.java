package io.hawser.lb.admission;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Networks, laid out so that whether an address lies in one of them is found without allocation in a time that grows with
 * the logarithm of their number: ranges that touch are made one, and the ranges are searched by halving. An IPv4-mapped
 * IPv6 address (RFC 4291 2.5.5.2) counts as the IPv4 address, and such a network of 96 bits or more as the IPv4 network.
 * Immutable; any thread.
 */
final class NetworkSet {
    static final NetworkSet NONE = new NetworkSet(List.of());

    private static final int IPV4 = 4;
    private static final int MAPPED_BITS = 96;
    private static final int MAPPED_BYTES = 12;

    /** A range of addresses, both ends included, as unsigned numbers of 128 bits. */
    private record Range(long fromHigh, long fromLow, long toHigh, long toLow) {}

    private final long[] ipv4From;
    private final long[] ipv4To;
    private final long[] fromHigh;
    private final long[] fromLow;
    private final long[] toHigh;
    private final long[] toLow;

    NetworkSet(List<Network> networks) {
        List<Range> ipv4 = new ArrayList<>();
        List<Range> ipv6 = new ArrayList<>();
        for (Network network : networks) {
            byte[] address = network.address().getAddress();
            int prefix = network.prefix();
            if (address.length == IPV4) {
                ipv4.add(range(0, number(address, 0, IPV4), MAPPED_BITS + prefix));
            } else if (prefix >= MAPPED_BITS && isMapped(address, 0)) {
                ipv4.add(range(0, number(address, MAPPED_BYTES, IPV4), prefix));
            } else {
                ipv6.add(range(number(address, 0, 8), number(address, 8, 8), prefix));
            }
        }
        List<Range> merged4 = merged(ipv4);
        ipv4From = merged4.stream().mapToLong(Range::fromLow).toArray();
        ipv4To = merged4.stream().mapToLong(Range::toLow).toArray();
        List<Range> merged6 = merged(ipv6);
        fromHigh = merged6.stream().mapToLong(Range::fromHigh).toArray();
        fromLow = merged6.stream().mapToLong(Range::fromLow).toArray();
        toHigh = merged6.stream().mapToLong(Range::toHigh).toArray();
        toLow = merged6.stream().mapToLong(Range::toLow).toArray();
    }

    private static Range range(long high, long low, int prefix) {
        long hostHigh = prefix >= Long.SIZE ? 0 : prefix == 0 ? -1 : -1L >>> prefix;
        long hostLow = prefix <= Long.SIZE ? -1 : prefix == 2 * Long.SIZE ? 0 : -1L >>> (prefix - Long.SIZE);
        return new Range(high & ~hostHigh, low & ~hostLow, high | hostHigh, low | hostLow);
    }

    private static List<Range> merged(List<Range> ranges) {
        ranges.sort(Comparator.comparing(Range::fromHigh, Long::compareUnsigned)
                .thenComparing(Range::fromLow, Long::compareUnsigned));
        List<Range> merged = new ArrayList<>();
        for (Range next : ranges) {
            Range last = merged.isEmpty() ? null : merged.getLast();
            // Networks contain each other or do not touch, so of two that overlap the second lies in the first.
            if (last == null || compare(next.toHigh(), next.toLow(), last.toHigh(), last.toLow()) > 0) {
                merged.add(next);
            }
        }
        return merged;
    }

    boolean isEmpty() {
        return ipv4From.length == 0 && fromHigh.length == 0;
    }

    /** Whether one of the networks has this address. */
    boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        return contains(bytes, 0, bytes.length);
    }

    /**
     * Whether one of the networks has this address.
     *
     * @param bytes holds the address in network order
     * @param offset where it starts
     * @param length 4 or 16
     */
    boolean contains(byte[] bytes, int offset, int length) {
        if (length == IPV4) {
            return containsIpv4(number(bytes, offset, IPV4));
        }
        return isMapped(bytes, offset)
                ? containsIpv4(number(bytes, offset + MAPPED_BYTES, IPV4))
                : containsIpv6(number(bytes, offset, 8), number(bytes, offset + 8, 8));
    }

    private boolean containsIpv4(long address) {
        int low = 0;
        int high = ipv4From.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ipv4From[middle] <= address) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low > 0 && address <= ipv4To[low - 1];
    }

    private boolean containsIpv6(long addressHigh, long addressLow) {
        int low = 0;
        int high = fromHigh.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (compare(fromHigh[middle], fromLow[middle], addressHigh, addressLow) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low > 0 && compare(addressHigh, addressLow, toHigh[low - 1], toLow[low - 1]) <= 0;
    }

    private static int compare(long leftHigh, long leftLow, long rightHigh, long rightLow) {
        int high = Long.compareUnsigned(leftHigh, rightHigh);
        return high == 0 ? Long.compareUnsigned(leftLow, rightLow) : high;
    }

    /** The unsigned number that some bytes make in network order. */
    static long number(byte[] bytes, int offset, int count) {
        long number = 0;
        for (int i = 0; i < count; i++) {
            number = (number << Byte.SIZE) | (bytes[offset + i] & 0xFF);
        }
        return number;
    }

    /** Whether the 16 bytes at the offset are an IPv4-mapped IPv6 address. */
    static boolean isMapped(byte[] bytes, int offset) {
        return number(bytes, offset, 8) == 0 && number(bytes, offset + 8, 4) == 0xFFFF;
    }
}
