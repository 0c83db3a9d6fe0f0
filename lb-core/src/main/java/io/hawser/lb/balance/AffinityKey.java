package io.hawser.lb.balance;

import java.nio.charset.StandardCharsets;

/**
 * Keys for the choice by consistent hashing. Pure functions of their arguments, the same in every process on every
 * machine: two nodes with one configuration choose alike, and nothing has to be told from one to the other.
 */
public final class AffinityKey {
    /** The key of a connection that has none: it goes where the pool's way of balancing says. */
    public static final long NONE = 0;

    private static final long OFFSET = 0xCBF29CE484222325L;
    private static final long PRIME = 0x100000001B3L;
    private static final int IPV4 = 4;
    private static final int MAPPED_PREFIX = 12;

    private AffinityKey() {}

    /**
     * The key of a client's address; that of an IPv4-mapped IPv6 address is the key of the IPv4 address.
     *
     * @param bytes holds the address in network order
     * @param offset where it starts
     * @param length 4 or 16
     */
    public static long ofAddress(byte[] bytes, int offset, int length) {
        boolean mapped = length > IPV4 && isMapped(bytes, offset);
        return mapped ? of(bytes, offset + MAPPED_PREFIX, IPV4) : of(bytes, offset, length);
    }

    /** Whether the 16 bytes at the offset are an IPv4-mapped IPv6 address (RFC 4291 2.5.5.2). */
    static boolean isMapped(byte[] bytes, int offset) {
        for (int i = 0; i < 10; i++) {
            if (bytes[offset + i] != 0) {
                return false;
            }
        }
        return bytes[offset + 10] == -1 && bytes[offset + 11] == -1;
    }

    /** The key of a name, in which the case of ASCII letters does not count; {@link #NONE} of an empty one. */
    public static long ofName(String name) {
        if (name.isEmpty()) {
            return NONE;
        }
        long hash = OFFSET;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c)) * PRIME;
        }
        return some(mix(hash));
    }

    /** The key of bytes such as a certificate's fingerprint; {@link #NONE} of none. */
    public static long ofBytes(byte[] bytes) {
        return bytes.length == 0 ? NONE : of(bytes, 0, bytes.length);
    }

    private static long of(byte[] bytes, int offset, int length) {
        long hash = OFFSET;
        for (int i = 0; i < length; i++) {
            hash = (hash ^ (bytes[offset + i] & 0xFF)) * PRIME;
        }
        return some(mix(hash));
    }

    private static long some(long hash) {
        return hash == NONE ? 1 : hash;
    }

    /** The hash of a member's name that its places on the ring are made of. */
    static long ofMember(String name) {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        return of(utf8, 0, utf8.length);
    }

    /** Spreads every bit over all others (the finalizer of MurmurHash3). */
    static long mix(long bits) {
        long mixed = bits;
        mixed = (mixed ^ (mixed >>> 33)) * 0xFF51AFD7ED558CCDL;
        mixed = (mixed ^ (mixed >>> 33)) * 0xC4CEB9FE1A85EC53L;
        return mixed ^ (mixed >>> 33);
    }
}
