package io.hawser.sysctl.linux;

import java.net.Inet4Address;
import java.net.InetAddress;

/** An address family of the Internet protocols. Immutable. */
public enum Family {
    IPV4(2, 32),
    IPV6(10, 128);

    private final int number;
    private final int bits;

    Family(int number, int bits) {
        this.number = number;
        this.bits = bits;
    }

    /** The family of an address. */
    public static Family of(InetAddress address) {
        return address instanceof Inet4Address ? IPV4 : IPV6;
    }

    /** The number of the family in socket(2). */
    int number() {
        return number;
    }

    /** How many bits an address has: the prefix length of a single host. */
    public int bits() {
        return bits;
    }
}
