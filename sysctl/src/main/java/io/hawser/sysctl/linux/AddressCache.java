package io.hawser.sysctl.linux;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Turns address bytes into objects, giving the same object again for addresses seen lately. For one thread at a time. */
final class AddressCache {
    private static final int SLOTS = 64;

    private final byte[][] keys = new byte[SLOTS][];
    private final @Nullable InetAddress[] values = new @Nullable InetAddress[SLOTS];
    private final byte[] ipv4 = new byte[4];
    private final byte[] ipv6 = new byte[16];

    /**
     * The address at a position of a buffer; the caller has checked that so many bytes are there.
     *
     * @param scope the interface that link-local IPv6 addresses belong to
     */
    InetAddress at(Family family, ByteBuffer bytes, int position, int scope) {
        byte[] key = family == Family.IPV4 ? ipv4 : ipv6;
        bytes.get(position, key);
        int slot = Arrays.hashCode(key) & (SLOTS - 1);
        InetAddress cached = values[slot];
        if (cached != null && Arrays.equals(keys[slot], key) && scopeOf(cached) == scopeFor(key, scope)) {
            return cached;
        }
        InetAddress address = of(key, scope);
        keys[slot] = key.clone();
        values[slot] = address;
        return address;
    }

    /** An address from 4 or 16 bytes; other lengths are our own mistake. */
    static InetAddress of(byte[] bytes, int scope) {
        try {
            // InetAddress.getByAddress would turn an IPv4-mapped IPv6 address into an IPv4 one.
            return bytes.length == 16
                    ? Inet6Address.getByAddress(null, bytes, scopeFor(bytes, scope) == 0 ? -1 : scope)
                    : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
        }
    }

    private static int scopeFor(byte[] bytes, int scope) {
        boolean linkLocal = bytes.length == 16 && bytes[0] == (byte) 0xfe && (bytes[1] & 0xc0) == 0x80;
        return linkLocal && scope > 0 ? scope : 0;
    }

    private static int scopeOf(InetAddress address) {
        return address instanceof Inet6Address six ? six.getScopeId() : 0;
    }
}
