package io.hawser.vrrp;

import io.hawser.sysctl.linux.Family;
import java.nio.ByteBuffer;
import java.util.Locale;

/**
 * An Ethernet address. Immutable.
 *
 * @param bits the six bytes as a number, the first one in front
 */
record Mac(long bits) {
    /** 00-00-5E-00-01-XX over IPv4 and 00-00-5E-00-02-XX over IPv6, XX being the VRID: RFC 9568 7.3. */
    private static final long VIRTUAL_IPV4 = 0x0000_5E00_0100L;

    private static final long VIRTUAL_IPV6 = 0x0000_5E00_0200L;
    private static final int BYTES = 6;

    Mac {
        if (bits >>> 48 != 0) {
            throw new IllegalArgumentException("0x" + Long.toHexString(bits) + " has more than 48 bits");
        }
    }

    /** The address of 6 bytes; other lengths are our own mistake. */
    static Mac of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("an Ethernet address of " + bytes.length + " bytes");
        }
        return at(ByteBuffer.wrap(bytes), 0);
    }

    /** The address at a position of a buffer; the caller has checked that 6 bytes are there. */
    static Mac at(ByteBuffer bytes, int position) {
        long bits = 0;
        for (int i = 0; i < BYTES; i++) {
            bits = bits << 8 | (bytes.get(position + i) & 0xFF);
        }
        return new Mac(bits);
    }

    /** The address of a virtual router. */
    static Mac virtual(Family family, int vrid) {
        return new Mac((family == Family.IPV4 ? VIRTUAL_IPV4 : VIRTUAL_IPV6) | vrid);
    }

    /** Whether it is that of some virtual router. */
    boolean isVirtual() {
        long block = bits & ~0xFFL;
        return block == VIRTUAL_IPV4 || block == VIRTUAL_IPV6;
    }

    byte[] bytes() {
        byte[] bytes = new byte[BYTES];
        for (int i = 0; i < BYTES; i++) {
            bytes[i] = (byte) (bits >>> (8 * (BYTES - 1 - i)));
        }
        return bytes;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%02x:%02x:%02x:%02x:%02x:%02x",
                bits >>> 40 & 0xFF,
                bits >>> 32 & 0xFF,
                bits >>> 24 & 0xFF,
                bits >>> 16 & 0xFF,
                bits >>> 8 & 0xFF,
                bits & 0xFF);
    }
}
